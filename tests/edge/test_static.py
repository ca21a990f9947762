"""Static files: one version of all of them, kept for good under its own address and served under any other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.templatetags.static import static
from django.test import Client

from coday.static_version import static_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "page.js").write_text("import './state.js';")
    (tmp_path / "js" / "state.js").write_text("export {};")
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "js" / "state.js").write_text("export { };"),
        lambda folder: (folder / "js" / "state.js").rename(folder / "js" / "states.js"),
        lambda folder: (folder / "js" / "state.js").unlink(),
        lambda folder: (folder / "new.css").touch(),
    ],
)
def test_every_change_makes_another_version(folder: Path, change: Callable[[Path], object]) -> None:
    before = static_version(folder, packages=["django"])
    assert static_version(folder, packages=["django"]) == before
    change(folder)
    assert static_version(folder, packages=["django"]) != before


def test_a_packages_version_counts(folder: Path) -> None:
    assert static_version(folder, packages=["django"]) != static_version(folder, packages=["httpx"])


def test_every_package_that_brings_files_counts() -> None:
    bringing = [app.name.partition(".")[0] for app in apps.get_app_configs() if (Path(app.path) / "static").is_dir()]
    names = packages_distributions()
    brought = {names[package][0].lower().replace("_", "-") for package in bringing}
    assert len(brought) > 2
    assert brought <= set(settings.STATIC_PACKAGES)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/", "/api/v1/docs/"])
def test_pages_name_files_of_one_version_which_browsers_keep(client: Client, page: str) -> None:
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get(page).text))
    assert named
    for address in named:
        assert address.startswith(settings.STATIC_URL)
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "max-age=31536000, public")


@pytest.mark.parametrize("prefix", ["/static/", "/static/0123456789ab/"])
def test_a_file_of_another_version_is_this_versions_and_is_not_kept(client: Client, prefix: str) -> None:
    current = client.get(static("js/chat.js"))
    other = client.get(f"{prefix}js/chat.js")
    assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-store")
    assert other.headers["Content-Type"] == current.headers["Content-Type"]
    assert content(other) == content(current)


@pytest.mark.parametrize("path", ["no.js", "0123456789ab/no.js", "0123456789ab/", "../coday/settings.py", "js/"])
def test_what_is_no_static_file_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_browsers_find_the_icon_where_they_look_for_it(client: Client) -> None:
    answer = client.get("/favicon.ico", follow=True)
    assert answer.redirect_chain == [(static("img/icon.svg"), 302)]
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")


def content(answer: Iterable[bytes]) -> bytes:
    return b"".join(answer)
