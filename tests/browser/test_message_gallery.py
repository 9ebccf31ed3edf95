"""The renderer against hostile input, and the page of all messages: accessible, contained and small."""

from importlib.resources import as_file

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.wall import Wall, interactive, m, watched
from trunkline import ui

# Replaces each part of each message of the gallery, one at a time, by each of these.
MALFORM = """async () => {
    const { renderMessage } = await import("./message.js");
    const odd = [null, 0, -1e308, true, "", [], {}, [null], "<img src=x onerror=boom()>", "\\ud800\\u0000",
        { toString: 1, length: -1 }, [[[{}]]], "javascript:boom()", "https://elsewhere.example/x.png"];
    const paths = (value, path = []) => typeof value !== "object" || value === null ? [path]
        : [path, ...Object.keys(value).flatMap((key) => paths(value[key], [...path, key]))];
    const put = (value, [key, ...rest], leaf) => {
        if (key === undefined) return leaf;
        const copy = Array.isArray(value) ? [...value] : { ...value };
        copy[key] = put(value[key], rest, leaf);
        return copy;
    };
    const injected = "script, iframe, [onerror], [style], [src^='https:'], [href^='javascript']";
    const groups = await (await fetch("gallery.json")).json();
    const main = document.querySelector("main");
    const failures = [];
    let drawn = 0;
    for (const message of groups.flatMap((group) => group.messages)) {
        for (const [index, path] of paths(message).entries()) {
            for (const turn of [0, 5, 9]) {
                const leaf = odd[(index + turn) % odd.length];
                try {
                    const options = { interactive: true, quoted: leaf, names: leaf };
                    const made = renderMessage(put(message, path, leaf), options);
                    main.replaceChildren(made);
                    drawn += 1;
                    const bad = made.querySelector(injected) || !made.firstElementChild;
                    if (bad) failures.push([path.join("."), leaf, made.innerHTML.slice(0, 300)]);
                } catch (error) {
                    failures.push([message.type, path.join("."), leaf, String(error.stack)]);
                }
            }
        }
    }
    main.replaceChildren();
    return { drawn, failures: failures.slice(0, 5) };
}"""


def test_no_malformed_message_throws_or_injects(wall: Wall) -> None:
    found = wall.page.evaluate(MALFORM)
    assert found["failures"] == []
    assert found["drawn"] > 3000
    assert [url for url in wall.asked if not url.startswith(wall.url)] == []
    assert [line for line in wall.wrong if "404" not in line] == []  # odd media addresses of this origin


def test_a_huge_text_does_not_hold_the_page_up(wall: Wall) -> None:
    for body in ("*a " * 300_000, "`" * 900_000, "_*~" * 300_000, "> x\n" * 200_000, "http://" * 100_000):
        took = wall.page.evaluate(
            """async (body) => {
                const { renderMessage } = await import("./message.js");
                const start = performance.now();
                const made = renderMessage({ id: "1", from: "business", type: "text", content: { body } });
                document.querySelector("main").replaceChildren(made);
                made.querySelector("button")?.click();
                return performance.now() - start;
            }""",
            body,
        )
        assert took < 20_000  # what is worse than linear takes minutes


def test_hostile_strings_stay_text(wall: Wall) -> None:
    evil = "</p><img src=x onerror=alert(1)><script>alert(1)</script>"
    drawn = wall.draw(
        interactive("button", {"buttons": [{"reply": {"id": evil, "title": evil}}]}, footer={"text": evil})
    )
    assert drawn.locator("img, script").count() == 0
    expect(drawn.get_by_role("button", name=evil)).to_be_visible()
    drawn.get_by_role("button", name=evil).click()
    assert wall.last_action()["id"] == evil


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "blob:null/x"]
)
def test_only_web_addresses_become_links(wall: Wall, url: str) -> None:
    parts = {"name": "cta_url", "parameters": {"display_text": "Look", "url": url}}
    drawn = wall.draw(interactive("cta_url", parts))
    expect(drawn.get_by_role("button", name="Look")).to_be_disabled()
    drawn = wall.draw(m("image", {"link": url}, media={"url": url}))
    assert drawn.locator("[src], [href]").count() == 0


def test_the_policy_refuses_markup_from_anywhere_else(wall: Wall) -> None:
    refused = wall.page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; } catch { return true; } }"
    )
    assert refused is True


def test_the_gallery_is_accessible_and_fits(context: BrowserContext, ui_url: str) -> None:
    page = context.new_page()
    asked, wrong = watched(page)
    page.goto(f"{ui_url}/gallery.html")
    expect(page.get_by_role("article").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert [url for url in asked if not url.startswith(ui_url)] == []
    assert wrong == []
    assert serious(Axe().run(page)) == []


def serious(results: AxeResults) -> list[tuple[str, str]]:
    found = [one for one in results.response["violations"] if one["impact"] in ("serious", "critical")]
    return [(one["id"], node["html"][:160]) for one in found for node in one["nodes"]]


def test_an_open_sheet_is_accessible(context: BrowserContext, ui_url: str) -> None:
    page = context.new_page()
    page.goto(f"{ui_url}/gallery.html?title=Buttons,+lists,+requests")
    for opener in ("Choose a time", "Provide address"):
        page.get_by_role("button", name=opener).click()
        page.locator("dialog").evaluate(
            "(one) => Promise.all(one.getAnimations({subtree: true}).map((a) => a.finished))"
        )
        assert serious(Axe().run(page, context="dialog")) == []
        page.get_by_role("button", name="Close").click()


def test_messages_fit_a_narrow_phone(chromium: Browser, ui_url: str) -> None:
    page = chromium.new_page(viewport={"width": 320, "height": 700})
    page.goto(f"{ui_url}/gallery.html")
    expect(page.get_by_role("article").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.close()


def test_the_files_stay_small() -> None:
    with as_file(ui.files()) as folder:
        code = [path for path in folder.iterdir() if path.suffix in (".js", ".css")]
        assert sum(path.stat().st_size for path in code) < 120_000
        for path in folder.rglob("*"):
            if path.suffix in (".js", ".css", ".html", ".json", ".svg"):
                assert path.read_text().count("\n") <= 500, path.name
