"""What is not backed up or restored, and that nothing has changed then."""

from __future__ import annotations

import stat
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from coday.backup.archive import MANIFEST, ArchiveReader, ArchiveWriter, table_name
from coday.backup.files import EARLIER, STAGING
from coday.backup.manifest import Manifest, decode
from runs.models import Runner
from tests.backup.conftest import KEYS, Source
from tests.backup.installation import Installation
from tests.support.services import shared_redis

Change = Callable[[str, bytes], bytes]


def _rewritten(source: Path, target: Path, change: Change) -> Path:
    """The archive as somebody would forge it: members changed, and hashes that fit."""
    with source.open("rb") as old, target.open("wb") as new:
        reader, writer = ArchiveReader(old), ArchiveWriter(new)
        for name, member in reader.manifest.members.items():
            content = change(name, b"".join(reader.chunks(name)))
            writer.add(name, BytesIO(content), size=len(content), rows=member.rows, columns=member.columns)
        writer.close(_with_members(reader.manifest, writer))
    return target


def _with_members(manifest: Manifest, writer: ArchiveWriter) -> Manifest:
    values = {field: getattr(manifest, field) for field in manifest.__struct_fields__}
    return Manifest(**{**values, "members": writer.members})


def _is_untouched(installation: Installation) -> bool:
    return not (installation.data_dir / "coday.sqlite3").exists() and installation.files() == {}


def test_an_installation_that_is_in_use_is_not_replaced_by_mistake(empty: Installation, source: Source) -> None:
    empty.manage("bootstrap")
    before = empty.rows()
    assert "not empty" in empty.refusal("restore", source.archive)
    assert (empty.rows(), empty.files()) == (before, {})


def test_a_server_that_runs_keeps_its_data(empty: Installation, source: Source) -> None:
    with empty.server:
        assert "Stop it first" in empty.refusal("restore", source.archive, "--replace")


def test_workers_are_stopped_first(source: Source, database: Callable[[], str], tmp_path: Path) -> None:
    environment = {**KEYS, "REDIS_URL": shared_redis()}
    distributed = Installation(tmp_path / "distributed", database=database(), environment=environment)
    distributed.manage("migrate")
    with distributed.opened() as alias:
        living = datetime(2100, 1, 1, tzinfo=UTC)
        Runner.objects.using(alias).create(kind="worker", name="elsewhere", capacity=1, heartbeat_at=living)
    assert "Stop all web and worker processes" in distributed.refusal("restore", source.archive)
    with distributed.opened() as alias:
        Runner.objects.using(alias).update(heartbeat_at=datetime(2026, 1, 1, tzinfo=UTC))
    distributed.manage("restore", source.archive)
    assert distributed.files() == source.files


def test_files_alone_make_an_installation_one_that_is_in_use(empty: Installation, source: Source) -> None:
    path = empty.data_dir / "files" / "images" / "somebodys"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"picture")
    assert "not empty" in empty.refusal("restore", source.archive)
    assert empty.files() == {"images/somebodys": b"picture"}


def test_it_is_replaced_where_that_is_wanted(empty: Installation, source: Source) -> None:
    empty.manage("bootstrap")
    path = empty.data_dir / "files" / "earlier"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    empty.manage("restore", source.archive, "--replace")
    for table in ("accounts.user", "agents.agent", "threads.message", "runs.runeventrecord"):
        assert empty.rows()[table] == source.rows[table]
    assert empty.files() == source.files
    assert {path.name for path in (empty.data_dir / "files").iterdir()}.isdisjoint({STAGING, EARLIER})


def test_keys_that_do_not_fit_are_told_before_anything_happens(source: Source, tmp_path: Path) -> None:
    stranger = Installation(tmp_path / "stranger", environment={"SECRET_KEY": "another key"})
    assert "keys do not fit" in stranger.refusal("restore", source.archive)
    assert _is_untouched(stranger)


def test_an_old_key_beside_a_new_one_fits(source: Source, tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "new", "CODAY_ENCRYPTION_KEYS": f"new,{KEYS['SECRET_KEY']}"}
    rotated = Installation(tmp_path / "rotated", environment=keys)
    rotated.manage("restore", source.archive)
    assert rotated.ciphertexts() == source.ciphertexts


def test_lost_keys_cost_the_secrets_and_nothing_else(source: Source, tmp_path: Path) -> None:
    stranger = Installation(tmp_path / "stranger", environment={"SECRET_KEY": "another key"})
    stranger.manage("restore", source.archive, "--blank-secrets")
    assert set(stranger.ciphertexts()) == {""}
    rows = stranger.rows()
    assert rows["threads.message"] == source.rows["threads.message"]
    assert len(rows["agents.provider"]) == len(source.rows["agents.provider"])


def test_a_changed_archive_is_refused_before_anything_happens(
    empty: Installation, source: Source, tmp_path: Path
) -> None:
    content = source.archive.read_bytes()
    changed = tmp_path / "changed.tar"
    changed.write_bytes(content.replace(b"Hello", b"Jello", 1))
    assert "is not what was written" in empty.refusal("restore", changed)
    assert _is_untouched(empty)


def test_an_archive_of_other_tables_names_its_version(empty: Installation, source: Source, tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(source.archive) as old, tarfile.open(other, "w") as new:
        for header in old:
            member = old.extractfile(header)
            assert member is not None
            content = member.read()
            if header.name == MANIFEST:
                assert decode(content).migrations
                content = content.replace(b'"runs.0001_initial"', b'"runs.0000_initial"')
            new.addfile(header, BytesIO(content))
    assert "Restore it with that version" in empty.refusal("restore", other)
    assert _is_untouched(empty)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("runs.runeventrecord", b"[", b"{"),
        ("runs.runeventrecord", b"]\n", b",1]\n"),
        ("threads.thread", b'"', b'"not-', ),
        ("threads.message", b"]\n", b"]"),
    ],
)  # fmt: skip
def test_rows_that_are_none_change_nothing(
    empty: Installation, source: Source, tmp_path: Path, table: str, old: bytes, new: bytes
) -> None:
    empty.manage("migrate")
    before = empty.rows()

    def change(name: str, content: bytes) -> bytes:
        return content.replace(old, new) if name == table_name(table) else content

    empty.refusal("restore", _rewritten(source.archive, tmp_path / "forged.tar", change))
    assert (empty.rows(), empty.files()) == (before, {})


def test_a_row_that_points_at_nothing_is_refused(empty: Installation, source: Source, tmp_path: Path) -> None:
    lost = next(row for row in source.rows["threads.message"])[0]

    def change(name: str, content: bytes) -> bytes:
        thread = str(source.rows["threads.thread"][0][0]).encode()
        return content.replace(thread, str(lost).encode()) if name == table_name("threads.message") else content

    assert "do not fit together" in empty.refusal(
        "restore", _rewritten(source.archive, tmp_path / "forged.tar", change)
    )
    assert empty.files() == {}


def test_missing_rows_are_noticed(empty: Installation, source: Source, tmp_path: Path) -> None:
    def change(name: str, content: bytes) -> bytes:
        return b"" if name == table_name("usage.usagerecord") else content

    assert "not as many rows" in empty.refusal("restore", _rewritten(source.archive, tmp_path / "forged.tar", change))


def test_an_archive_is_not_overwritten(empty: Installation, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    target.write_bytes(b"last week's")
    empty.manage("migrate")
    assert "exists" in empty.refusal("backup", target)
    assert target.read_bytes() == b"last week's"


def test_a_database_of_another_version_is_not_backed_up(empty: Installation, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    empty.manage("migrate", "threads", "zero")
    assert "manage.py migrate" in empty.refusal("backup", target)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]  # nothing half written


def test_only_the_owner_reads_archive_and_keys(empty: Installation, tmp_path: Path) -> None:
    empty.manage("migrate")
    empty.manage("backup", tmp_path / "backup.tar", "--keys", tmp_path / "keys")
    for name in ("backup.tar", "keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (tmp_path / "keys").read_text() == f"SECRET_KEY={KEYS['SECRET_KEY']}\n"


def test_keys_are_not_overwritten(empty: Installation, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("the only copy")
    empty.manage("migrate")
    empty.refusal("backup", tmp_path / "backup.tar", "--keys", tmp_path / "keys")
    assert (tmp_path / "keys").read_text() == "the only copy"
    assert not (tmp_path / "backup.tar").exists()
