"""The page loads nothing from elsewhere, and what is vendored is what its table says."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

from tests.browser.chat_page import ChatPage

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
TEMPLATES = STATIC.parent / "templates"
VENDOR = STATIC / "vendor"
IMPORT = re.compile(
    r"""^\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']""", re.MULTILINE
)
FOREIGN = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""")


def test_vendored_files_are_those_of_the_table() -> None:
    table = (VENDOR / "README.md").read_text()
    files = [path for path in VENDOR.rglob("*") if path.suffix in {".js", ".mjs"}]
    assert files
    for path in files:
        assert sha256(path.read_bytes()).hexdigest() in table, path.name
        package, _, version = path.parent.name.rpartition("-")
        assert package.removesuffix(".js") in table
        assert f"| {version} |" in table


def test_every_package_has_its_licence() -> None:
    folders = [path for path in VENDOR.iterdir() if path.is_dir()]
    assert folders
    assert all((folder / "LICENSE").stat().st_size > 0 for folder in folders)


def test_imports_are_relative_and_lead_somewhere() -> None:
    own = list((STATIC / "js").rglob("*.js"))
    found = 0
    for path in own:
        for match in IMPORT.finditer(path.read_text()):
            target = match[1] or match[2]
            found += 1
            assert target.startswith("."), f"{path.name} imports {target}"
            assert (path.parent / target).resolve().is_file(), f"{path.name} imports {target}"
    assert found > len(own)


def test_templates_name_static_files_that_exist() -> None:
    named = [
        name for path in TEMPLATES.rglob("*.html") for name in re.findall(r"{% static '([^']+)' %}", path.read_text())
    ]
    assert len(named) > 10
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_no_page_names_another_host() -> None:
    sources = [*TEMPLATES.rglob("*.html"), *(STATIC / "css").glob("*.css"), *(STATIC / "js").rglob("*.js")]
    assert [path.name for path in sources if FOREIGN.search(path.read_text())] == []


def test_all_files_of_a_page_come_from_one_version(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ChatPage(page).start()
    static = [address for address in asked if "/static/" in address]
    assert len([address for address in static if address.endswith(".js")]) > 30
    assert [address for address in static if settings.STATIC_URL not in address] == []


def test_templates_have_no_inline_script_or_style() -> None:
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", re.IGNORECASE)
    assert [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text())] == []
