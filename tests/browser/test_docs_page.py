"""The reference that a running server shows, as a person sees it."""

from playwright.sync_api import BrowserContext, Page, expect


def opened(context: BrowserContext, url: str) -> tuple[Page, list[str], list[str]]:
    """The page, what it asked for, and what went wrong in it."""
    page, asked, wrong = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{url}/docs")
    return page, asked, wrong


def test_every_operation_is_there_and_nothing_comes_from_elsewhere(
    context: BrowserContext, server_url: str
) -> None:
    page, asked, wrong = opened(context, server_url)
    for path in ("/v1/whatsapp/messages", "/v1/messages/batch", "/v1/messages/{id}/cancel", "/v1/numbers"):
        expect(page.get_by_text(path, exact=True).first).to_be_attached()
    assert [url for url in asked if not url.startswith(server_url)] == []
    assert wrong == []


def test_the_page_fits_its_window(context: BrowserContext, server_url: str) -> None:
    page, _, _ = opened(context, server_url)
    expect(page.get_by_role("heading", name="Send a WhatsApp message, or mark one as read")).to_be_attached()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0


def test_an_example_opens_by_keyboard(context: BrowserContext, server_url: str) -> None:
    page, _, _ = opened(context, server_url)
    example = page.locator("details", has_text="Example: location").first
    example.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(example.get_by_text("latitude").first).to_be_visible()
