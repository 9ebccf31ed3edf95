"""Each file of cases/ is a request of ours and the body that Meta documents for it.

`cases/page` has the samples of the page that the API follows, repaired only where they were no JSON and with
real values in place of their words; `cases/page_as_printed` has them as they stand there.
"""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.channels.whatsapp_cloud.messages import check, upstream, warned, without_nulls
from trunkline.channels.whatsapp_cloud.content import EXAMPLES, SCHEMA

CASES = Path(__file__).parent / "cases"
SCHEMA_CHECKER = jsonschema.Draft202012Validator(SCHEMA)


def cases() -> list[Path]:
    return sorted([*CASES.glob("page/*.json"), *CASES.glob("send/*.json")])


@pytest.mark.parametrize("path", cases(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_accepted_goes_out_as_meta_documents_it(path: Path) -> None:
    case = json.loads(path.read_text())
    checked = check(case["request"])
    assert checked.problems == ()
    assert checked.draft is not None
    assert upstream(checked.draft) == case["upstream"]
    assert warned(case["request"]) == case.get("warnings", [])
    assert list(SCHEMA_CHECKER.iter_errors(without_nulls(case["request"]))) == []


def test_every_sample_of_the_page_is_among_the_cases() -> None:
    printed = {path.stem for path in CASES.glob("page_as_printed/*.txt")}
    assert len(printed) == 14
    assert printed <= {path.stem for path in CASES.glob("page/*.json")}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_description_is_accepted_without_a_warning(name: str) -> None:
    assert check(EXAMPLES[name]).problems == ()
    assert warned(EXAMPLES[name]) == []


def test_building_a_body_leaves_the_stored_content_as_it_is() -> None:
    for example in EXAMPLES.values():
        draft = check(example).draft
        assert draft is not None
        before = json.dumps(draft.content)
        upstream(draft)
        assert json.dumps(draft.content) == before


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
