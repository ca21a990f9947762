"""A folder of agent files: files own their agents, and one that is broken is told and skips itself alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.folder import load_folder
from agents.models import Agent
from agents.provisioning import provision
from tests.support.server import free_port

NOTHING = {"CODAY_LOCAL_MODEL": "off", "OLLAMA_HOST": f"127.0.0.1:{free_port()}"}

pytestmark = pytest.mark.django_db


def _write(folder: Path, name: str, *fields: str, slug: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join((f"slug: {slug or path.stem}", f"name: {path.stem.title()}", *fields, "")))
    return path


def _enabled() -> dict[str, bool]:
    return dict(Agent.objects.filter(source="file").order_by("slug").values_list("slug", "enabled"))


def test_agents_are_made_of_files_and_follow_them(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "delegates: [b]")  # of another file, which comes later
    _write(tmp_path, "team/b.yml")
    _write(tmp_path, "notes.txt")
    _write(tmp_path, ".hidden.yaml")
    assert load_folder(tmp_path) == []
    assert _enabled() == {"a": True, "b": True}
    agent = Agent.objects.get(slug="a")
    assert (agent.file, [other.file for other in agent.delegates.all()]) == ("a.yaml", ["team/b.yml"])
    _write(tmp_path, "a.yaml", "description: Changed.")
    assert load_folder(tmp_path) == []
    changed = Agent.objects.get(slug="a")
    assert (changed.pk, changed.description, changed.delegates.count()) == (agent.pk, "Changed.", 0)


def test_again_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    before = list(Agent.objects.values())
    assert load_folder(tmp_path) == []
    assert list(Agent.objects.values()) == before


def test_a_removed_file_switches_its_agent_off_until_it_returns(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    path.unlink()
    assert load_folder(tmp_path) == ["The agent “a” is switched off: the file a.yaml has it no more."]
    assert _enabled() == {"a": False}
    assert load_folder(tmp_path) == []
    _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    assert _enabled() == {"a": True}


def test_without_the_folders_variable_its_agents_are_off(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    load_folder(None)
    assert _enabled() == {"a": False}


def test_a_folder_that_is_not_there_is_told_and_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    [note] = load_folder(tmp_path / "elsewhere")
    assert "there is no folder" in note
    assert _enabled() == {"a": True}


def test_what_the_admin_switched_off_stays_off_until_the_file_changes(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml")
    load_folder(tmp_path)
    Agent.objects.update(enabled=False)
    load_folder(tmp_path)
    assert _enabled() == {"a": False}
    _write(tmp_path, "a.yaml", "description: New.")
    load_folder(tmp_path)
    assert _enabled() == {"a": True}


def test_a_broken_file_skips_itself_alone_and_its_agent_stays(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        _write(tmp_path, name)
    load_folder(tmp_path)
    _write(tmp_path, "a.yaml", "colour: red")
    _write(tmp_path, "b.yaml", "description: New.")
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    assert load_folder(tmp_path) == [
        "a.yaml: Line 3: colour: there is no such field.",
        "c.yaml: It is no text in UTF-8.",
    ]
    assert _enabled() == {"a": True, "b": True}
    assert Agent.objects.get(slug="b").description == "New."


def test_who_names_an_agent_of_a_broken_file_is_broken_too(tmp_path: Path) -> None:
    _write(tmp_path, "a.yaml", "delegates: [b]")
    _write(tmp_path, "b.yaml", "delegates: [c]")
    _write(tmp_path, "c.yaml", "model: nothing")
    _write(tmp_path, "d.yaml")
    notes = load_folder(tmp_path)
    assert [note.split(":")[0] for note in notes] == ["a.yaml", "b.yaml", "c.yaml"]
    assert _enabled() == {"d": True}


def test_an_agent_has_one_owner(tmp_path: Path) -> None:
    Agent.objects.create(slug="admins", name="Admin's")
    _write(tmp_path, "admins.yaml")
    _write(tmp_path, "one.yaml", slug="same")
    _write(tmp_path, "two.yaml", slug="same")
    assert load_folder(tmp_path) == [
        "admins.yaml: Line 1: slug: the agent “admins” belongs to the admin.",
        "two.yaml: Line 1: slug: the agent “same” belongs to one.yaml.",
    ]
    assert Agent.objects.get(slug="admins").name == "Admin's"
    assert Agent.objects.get(slug="same").file == "one.yaml"


def test_a_start_loads_the_folder_and_makes_no_other_agents(tmp_path: Path) -> None:
    _write(tmp_path, "assistant.yaml")
    _write(tmp_path, "broken.yaml", "colour: red")
    for _ in range(2):
        notes = provision({**NOTHING, "CODAY_AGENTS_DIR": str(tmp_path)})
        assert notes == ["broken.yaml: Line 3: colour: there is no such field."]
        assert sorted(Agent.objects.values_list("slug", flat=True)) == ["assistant", "demo"]
