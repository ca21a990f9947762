"""What a reader of archives believes: nothing that a writer would not have written."""

from __future__ import annotations

import tarfile
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coday.backup import archive
from coday.backup.archive import FILES, MANIFEST, ArchiveReader, ArchiveWriter
from coday.backup.errors import BackupError
from coday.backup.manifest import FORMAT, Manifest, encode

CONTENT = {f"{FILES}images/one": b"first", f"{FILES}images/two": b"second" * 300}


def _manifest(writer: ArchiveWriter) -> Manifest:
    return Manifest(
        format=FORMAT,
        coday="1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine="sqlite",
        migrations=[],
        keys=[],
        members=writer.members,
    )


def _written() -> bytes:
    target = BytesIO()
    writer = ArchiveWriter(target)
    for name, content in CONTENT.items():
        writer.add(name, BytesIO(content), size=len(content))
    writer.close(_manifest(writer))
    return target.getvalue()


def _crafted(*headers: tarfile.TarInfo, manifest: bytes | None = None) -> BytesIO:
    """An archive with these members, each of one byte if it has content, and a manifest of nothing."""
    target = BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for header in headers:
            tar.addfile(header, BytesIO(b"x" * header.size))
        content = encode(_manifest(ArchiveWriter(BytesIO()))) if manifest is None else manifest
        header = tarfile.TarInfo(MANIFEST)
        header.size = len(content)
        tar.addfile(header, BytesIO(content))
    return BytesIO(target.getvalue())


def _header(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname = kind, link
    header.size = 1 if kind == tarfile.REGTYPE else 0
    return header


def test_reads_what_was_written() -> None:
    reader = ArchiveReader(BytesIO(_written()))
    reader.verify()
    assert {FILES + name: b"".join(reader.chunks(FILES + name)) for name in reader.files()} == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        "/etc/cron.d/x",
        "../outside",
        "files/../../outside",
        "files/./x",
        "files//x",
        "files/.hidden",
        "files/a\\..\\b",
        "files/a\nb",
        "files",
        "elsewhere/x",
        "x",
    ],
)
def test_refuses_a_name_that_leads_elsewhere(name: str) -> None:
    with pytest.raises(BackupError):
        ArchiveReader(_crafted(_header(name)))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_refuses_everything_but_files(kind: bytes) -> None:
    with pytest.raises(BackupError):
        ArchiveReader(_crafted(_header("files/x", kind=kind, link="/etc/passwd")))


def test_refuses_a_name_twice() -> None:
    with pytest.raises(BackupError):
        ArchiveReader(_crafted(_header("files/x"), _header("files/x")))


def test_refuses_a_member_that_the_manifest_does_not_know() -> None:
    with pytest.raises(BackupError, match="files/x"):
        ArchiveReader(_crafted(_header("files/x"))).verify()


def test_refuses_a_manifest_without_its_members() -> None:
    writer = ArchiveWriter(BytesIO())
    writer.add("files/x", BytesIO(b"x"), size=1)
    with pytest.raises(BackupError, match="files/x"):
        ArchiveReader(_crafted(manifest=encode(_manifest(writer)))).verify()


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[" * 100_000, b'{"format": 2}', b'{"format": 1}', b"\xff"])
def test_refuses_what_is_no_manifest(manifest: bytes) -> None:
    with pytest.raises(BackupError):
        ArchiveReader(_crafted(manifest=manifest))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 10240])
def test_refuses_what_is_no_archive(content: bytes) -> None:
    with pytest.raises(BackupError):
        ArchiveReader(BytesIO(content))


def test_says_which_format_it_cannot_read() -> None:
    with pytest.raises(BackupError, match="format 2"):
        ArchiveReader(_crafted(manifest=b'{"format": 2, "more": true}'))


def test_refuses_a_row_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_LINE_BYTES", 100)
    reader = ArchiveReader(BytesIO(_written()))
    with pytest.raises(BackupError, match="too long"):
        list(reader.lines(f"{FILES}images/two"))


@given(at=st.integers(min_value=0), change=st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_changes_nothing(at: int, change: int) -> None:
    """A tar has padding and times that nobody reads; all that is read is protected."""
    content = bytearray(_written())
    content[at % len(content)] ^= change
    try:
        reader = ArchiveReader(BytesIO(content))
        reader.verify()
    except BackupError:
        return
    assert {FILES + name: b"".join(reader.chunks(FILES + name)) for name in reader.files()} == CONTENT


@given(length=st.integers(min_value=0))
def test_a_torn_archive_is_refused_or_whole(length: int) -> None:
    content = _written()
    try:
        reader = ArchiveReader(BytesIO(content[: length % len(content)]))
        reader.verify()
    except BackupError:
        return
    assert {FILES + name: b"".join(reader.chunks(FILES + name)) for name in reader.files()} == CONTENT


def test_a_writer_does_not_write_what_a_reader_refuses() -> None:
    with pytest.raises(BackupError):
        ArchiveWriter(BytesIO()).add("files/../x", BytesIO(b""), size=0)


def test_a_file_that_shrinks_while_it_is_read_is_an_error() -> None:
    with pytest.raises(BackupError, match="files/x"):
        ArchiveWriter(BytesIO()).add("files/x", BytesIO(b"short"), size=100)
