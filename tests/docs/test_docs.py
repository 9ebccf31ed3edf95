"""The documentation as a promise: what it names exists, and what exists is named."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.channels.whatsapp_cloud import content
from trunkline.channels.whatsapp_cloud.templates.check import check as check_template
from trunkline.config import describe
from trunkline.config.table import TABLE
from trunkline.errors import REASONS
from trunkline.model.message import State

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def text_of(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings make, as code forges write them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        assert aim.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(aim), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_folder_of_somebodys_machine(page):
    assert not re.search(r"/(home|root|Users|work)/\w|/tmp/\w", page.read_text("utf-8"))


def test_every_page_is_reached_from_the_readme():
    reached, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        todo += [(page.parent / link).resolve() for link in links]
    assert set(PAGES) - reached == set()


def test_generated_pages_are_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", TABLE)
def test_every_setting_is_documented(name):
    key = name.rpartition(".")[2]
    assert f"\n# {key} = " in describe()
    assert describe() in text_of("configuration.md")


@pytest.mark.parametrize("word", REASONS)
def test_every_reason_is_documented(word):
    assert f"| `{word}` | {REASONS[word].status} |" in text_of("errors.md")


@pytest.mark.parametrize("state", State)
def test_every_state_is_documented_and_drawn(state):
    page = text_of("states.md")
    diagram = page.split("```mermaid")[1].split("```")[0]
    assert f"\n| `{state}` | " in page
    assert re.search(rf"--> {state}\b", diagram)


def test_the_diagram_draws_no_state_that_does_not_exist():
    diagram = text_of("states.md").split("```mermaid")[1].split("```")[0]
    drawn = re.findall(r"(\w+) -->", diagram) + re.findall(r"--> (\w+)", diagram)
    assert set(drawn) == {state.value for state in State}


def test_every_file_that_the_life_of_a_message_names_exists():
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_0-9]+)*\.(?:py|sql))`", text_of("life-of-a-message.md")))
    named |= {"store/migrations"}
    assert len(named) > 20
    assert [name for name in sorted(named) if not (ROOT / "src" / "trunkline" / name).exists()] == []


def test_every_folder_of_the_package_is_in_the_architecture():
    page = text_of("architecture.md")
    folders = [path.parent.name for path in (ROOT / "src" / "trunkline").glob("*/__init__.py")]
    assert [name for name in folders if not re.search(rf"\b{name}\b", page)] == []


def test_the_layers_in_the_architecture_are_the_ones_that_are_checked():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"\nlayers = \[\n(.*?)\n\]", project, re.DOTALL)[1]
    checked = [re.sub(r"[\"(),]|#.*", "", line).strip() for line in block.splitlines()]
    drawn = text_of("architecture.md").split("## Layers")[1].split("```")[1].split("\n")
    assert [row for row in drawn if row] == [row for row in checked if row != "__main__"]


def test_decisions_are_numbered_without_gaps_and_listed():
    pages = sorted(path.name for path in (DOCS / "decisions").glob("0*.md"))
    assert [int(name[:4]) for name in pages] == list(range(1, len(pages) + 1))
    listed = (DOCS / "decisions" / "README.md").read_text("utf-8")
    assert [name for name in pages if f"({name})" not in listed] == []


def examples(*, to_validate: bool) -> list[str]:
    """Messages in `curl` lines; those that only ask for a judgement are there to be judged wrong."""
    messages = [(line, body) for line, body in bodies() if "/messages" in line]
    return [body for line, body in messages if ("/validate" in line) == to_validate]


def bodies() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        found += re.findall(
            r"(curl [^\n]*)(?:\\\n[^\n]*?)*?-d '(\{.*?\})'", page.read_text("utf-8"), re.DOTALL
        )
    return found


def test_there_are_examples_to_paste():
    assert len(examples(to_validate=False)) >= 2


@pytest.mark.parametrize("body", examples(to_validate=False))
def test_what_the_examples_send_passes_every_check(body):
    checked = content.check(json.loads(body), now=0, http_links=False)
    assert checked.problems == ()


@pytest.mark.parametrize("body", [body for line, body in bodies() if "/v1/templates" in line])
def test_what_the_examples_make_a_template_is_one(body):
    assert check_template(json.loads(body)).problems == ()


@pytest.mark.parametrize("body", examples(to_validate=True))
def test_what_the_examples_have_judged_is_wrong(body):
    assert content.check(json.loads(body), now=0, http_links=False).problems
