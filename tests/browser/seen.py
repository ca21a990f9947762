"""What is looked at on a page beside its words: that everything has a name and can be read, in the light and in the dark."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AUDIT = Path(__file__).with_name("audit.js").read_text()
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
SETTLED = """() => {
  const passing = document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity);
  return Promise.allSettled(passing.map((one) => one.finished));
}"""


def expect_sound(page: Page) -> None:
    """Neither of the rules that pages break most often is broken, nor is any text too faint."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        problems = [*page.evaluate(AUDIT), *page.evaluate(CONTRAST)]
        assert not problems, f"{scheme}: {problems}"
    page.emulate_media(color_scheme="light")
