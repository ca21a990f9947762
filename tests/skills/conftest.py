"""Skills of several people, and a way to write PDF and DOCX files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group

from coday.accounts.models import User
from skills.models import Skill, SkillSource
from skills.operations import add_source, read_text

MakeSkill = Callable[..., Skill]

DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document'
    ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
)
STYLES = (
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:style w:type="paragraph"'
    ' w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
)
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


@pytest.fixture
def make_skill(db: None) -> MakeSkill:
    """Makes a skill; ``groups`` are groups that it is shared with."""

    def make(slug: str, *, owner: User | None = None, groups: tuple[Group, ...] = (), **fields: object) -> Skill:
        skill = Skill.objects.create(slug=slug, name=slug.title(), trigger=f"About {slug}.", owner=owner, **fields)
        skill.groups.set(groups)
        return skill

    return make


def add_text(*, skill: Skill, title: str, text: str) -> SkillSource:
    """A source of a skill."""
    return add_source(skill=skill, reading=read_text(title=title, text=text))


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF with a line of text on each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    objects.append(f"<< /Title ({title}) >>".encode())
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    size = len(objects)
    out.write(b"trailer << /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF" % (size + 1, size, start))
    return out.getvalue()


def docx(*paragraphs: str, heading: str = "", padding: int = 0) -> bytes:
    """A DOCX file with a heading, paragraphs and a table of one row; ``padding`` bytes that compress to nothing."""
    body = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{heading}</w:t></w:r></w:p>' if heading else ""
    body += "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>" for text in ("left", "right"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("word/styles.xml", STYLES)
        archive.writestr("word/document.xml", DOCUMENT.format(f"{body}<w:tbl><w:tr>{cells}</w:tr></w:tbl>"))
        if padding:
            archive.writestr("word/media/padding.bin", bytes(padding))
    return out.getvalue()
