"""A seeded installation comes back from its archive, on SQLite and on PostgreSQL, and goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from agents.models import Provider
from coday.backup.archive import ArchiveReader, table_name
from runs.models import Run
from tests.backup.conftest import KEYS, Source
from tests.backup.installation import MASKED, MAY_HOLD_MORE, SECRET, Installation, Visitor, provider_environment
from threads.models import Mask


def _restore(request: pytest.FixtureRequest, source: Source, folder: Path) -> Iterator[Installation]:
    url = ""
    if request.param == "postgresql":
        create: Callable[[], str] = request.getfixturevalue("database")
        url = create()
    environment = {**KEYS, **provider_environment(source.provider)}
    installation = Installation(folder / "restored", database=url, environment=environment)
    installation.manage("restore", source.archive)
    yield installation
    installation.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def restored(
    request: pytest.FixtureRequest, source: Source, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The source's archive in an installation that was empty, and was not started since."""
    yield from _restore(request, source, tmp_path_factory.mktemp("target"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, source: Source, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The same, with its server running."""
    for installation in _restore(request, source, tmp_path_factory.mktemp("target")):
        installation.server.start()
        yield installation


def _thread_with_image(installation: Installation) -> tuple[str, str]:
    _, thread, image = next(iter(installation.files())).split("/")
    return thread, image


def test_the_source_has_something_in_every_table(source: Source) -> None:
    assert {label for label, rows in source.rows.items() if not rows} <= {"accounts.user_user_permissions"}
    assert len(source.files) == 2


def test_every_row_of_every_table_is_the_same(restored: Installation, source: Source) -> None:
    found = restored.rows()
    assert found.keys() == source.rows.keys()
    for label in MAY_HOLD_MORE:
        found[label] = [row for row in found[label] if row in source.rows[label]]
    assert found == source.rows


def test_search_finds_what_was_restored(restored: Installation) -> None:
    """No index is in an archive: the database makes it of the rows."""
    queries = {
        "sqlite": (
            "SELECT rowid FROM skills_passageindex WHERE skills_passageindex MATCH 'brief'",
            "SELECT rowid FROM runs_searchindex WHERE runs_searchindex MATCH 'grusse'",
        ),
        "postgresql": (
            "SELECT id FROM skills_sourcepassage WHERE word_vector @@ to_tsquery('simple', 'brief')",
            "SELECT id FROM runs_rundocument WHERE vector @@ to_tsquery('simple', 'grusse')",
        ),
    }
    with restored.opened() as alias, connections[alias].cursor() as cursor:
        for query, found in zip(queries[connections[alias].vendor], (1, 2), strict=True):
            cursor.execute(query)
            assert len(cursor.fetchall()) == found


def test_every_file_is_the_same(restored: Installation, source: Source) -> None:
    assert restored.files() == source.files


def test_secrets_are_stored_as_they_were_and_can_be_read(restored: Installation, source: Source) -> None:
    assert restored.ciphertexts() == source.ciphertexts
    with restored.opened() as alias:
        assert Provider.objects.using(alias).get(slug="openai").api_key == SECRET
        assert Mask.objects.using(alias).get().value == MASKED


def test_no_secret_and_no_key_is_in_the_archive(source: Source) -> None:
    content = source.archive.read_bytes()
    assert SECRET.encode() not in content
    assert MASKED.encode() not in content
    assert KEYS["SECRET_KEY"].encode() not in content
    assert source.token.encode() not in content


def test_an_archive_of_the_restored_installation_holds_the_same_rows(
    restored: Installation, source: Source, tmp_path: Path
) -> None:
    restored.manage("backup", tmp_path / "again.tar")
    with source.archive.open("rb") as one, (tmp_path / "again.tar").open("rb") as other:
        before, after = ArchiveReader(one).manifest.members, ArchiveReader(other).manifest.members
    assert before.keys() == after.keys()
    more = {table_name(label) for label in MAY_HOLD_MORE}
    assert [name for name in before if before[name].rows != after[name].rows and name not in more] == []


def test_who_was_logged_in_has_to_do_it_again(source: Source) -> None:
    with source.archive.open("rb") as file:
        assert [name for name in ArchiveReader(file).manifest.members if "session" in name] == []


def test_a_token_is_known_and_an_image_is_shown(served: Installation, source: Source) -> None:
    thread, image = _thread_with_image(served)
    with served.client(source.token) as client:
        shown = client.get(f"threads/{thread}/images/{image}/").raise_for_status()
    assert shown.content == source.files[f"images/{thread}/{image}"]


def test_a_person_logs_in_and_the_conversation_goes_on(served: Installation) -> None:
    thread, _ = _thread_with_image(served)
    with Visitor(served) as visitor:
        assert '"completed"' in visitor.say(thread, "Are you there?")


def test_the_run_that_was_under_way_is_interrupted_by_the_start(served: Installation, source: Source) -> None:
    [under_way] = [row[0] for row in source.rows["runs.run"] if "running" in row]
    with served.client(source.token) as client:
        client.get("threads/").raise_for_status()  # who is answered comes after what a start does first
    with served.opened() as alias:
        assert Run.objects.using(alias).get(pk=under_way).status == "interrupted"


def test_new_numbers_are_free(served: Installation) -> None:
    with served.opened() as alias:
        Group.objects.using(alias).create(name="Writers")
        assert set(Group.objects.using(alias).values_list("name", flat=True)) == {"Readers", "Writers"}
