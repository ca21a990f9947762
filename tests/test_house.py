"""The rules of the house that no other tool checks: who points at whom, how long a file is, what nobody may write."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, ForeignKey, ManyToManyField

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES = ("coday", "usage", "skills", "agents", "threads", "runs", "tests", "benchmarks")
LEVELS = ("contenttypes", "auth", "accounts", "usage", "skills", "agents", "threads", "runs")  # upward
MAX_LINES = 400
MAX_TEST_LINES = 450


def _sources(*packages: str) -> list[Path]:
    found = (path for package in packages for path in (PROJECT / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts and "node_modules" not in path.parts)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def _name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


# --- Data ---------------------------------------------------------------------------------------------------------


def _own_relations() -> Iterator[tuple[str, str, Field]]:  # type: ignore[type-arg]
    for model in apps.get_models():
        if model._meta.app_label in LEVELS[2:]:
            for field in model._meta.get_fields():
                if isinstance(field, ForeignKey | ManyToManyField):
                    assert not isinstance(field.related_model, str)
                    yield model._meta.app_label, field.related_model._meta.app_label, field


def test_foreign_keys_point_down() -> None:
    relations = list(_own_relations())
    assert len(relations) > 5
    upward = [str(field) for source, target, field in relations if LEVELS.index(target) > LEVELS.index(source)]
    assert upward == []


def test_the_ledger_outlives_everything() -> None:
    assert [str(field) for source, _, field in _own_relations() if source == "usage"] == []


def test_no_migration_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


# --- Code ---------------------------------------------------------------------------------------------------------


def test_files_are_short() -> None:
    lines = {_name(path): len(path.read_text().splitlines()) for path in _sources(*PACKAGES)}
    limits = {name: MAX_TEST_LINES if name.startswith("tests/") else MAX_LINES for name in lines}
    assert {name: count for name, count in lines.items() if count > limits[name]} == {}


def test_a_module_says_what_it_is_for() -> None:
    modules = [path for path in _sources(*PACKAGES) if path.read_text().strip()]
    assert [_name(path) for path in modules if not ast.get_docstring(_parsed(path))] == []


def test_no_module_is_called_utils() -> None:
    forbidden = {"utils", "util", "helpers", "misc", "common"}
    assert [
        _name(path) for path in _sources(*PACKAGES) if forbidden & {path.stem, *path.relative_to(PROJECT).parts}
    ] == []


def _is_blind(handler: ast.ExceptHandler) -> bool:
    """Catches everything and keeps it; a handler that cleans up and raises again does not."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    everything = {"Exception", "BaseException"}
    last = handler.body[-1]
    raises_again = isinstance(last, ast.Raise) and last.exc is None
    return not raises_again and any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in everything) for kind in caught
    )


def test_no_error_is_caught_blindly() -> None:
    """Also with a reason: where everything must be survived, a task's outcome is looked at instead."""
    blind = [
        f"{_name(path)}:{node.lineno}"
        for path in _sources(*PACKAGES)
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.ExceptHandler) and _is_blind(node)
    ]
    assert blind == []


def test_the_heart_stays_short_and_knows_no_names() -> None:
    """``ExecuteRun`` is read in one sitting, and has no branch on a tool's or a provider's name."""
    source = (PROJECT / "runs" / "execute.py").read_text()
    [heart] = [
        node for node in _parsed(PROJECT / "runs" / "execute.py").body if getattr(node, "name", "") == "ExecuteRun"
    ]
    assert heart.end_lineno is not None
    assert heart.end_lineno - heart.lineno < 200
    assert not [name for name in ("openai", "anthropic", "demo", "ollama", "mcp") if name in source.lower()]


# --- What lies beside the code ------------------------------------------------------------------------------------


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return [PROJECT / line for line in listed.stdout.splitlines() if (PROJECT / line).is_file()]


def test_the_top_level_is_fixed() -> None:
    folders = {path.relative_to(PROJECT).parts[0] for path in _tracked() if len(path.relative_to(PROJECT).parts) > 1}
    assert folders <= {
        "coday", "runs", "threads", "agents", "skills", "usage", "templates", "tests", "docs", "benchmarks", "static", ".ci",
        "deploy",
    }  # fmt: skip


def test_lock_files_name_hashes_and_no_index() -> None:
    locks = [path for path in _tracked() if path.name.startswith("requirements") or path.name == "package-lock.json"]
    assert len(locks) >= 3
    for lock in locks:
        assert "://" not in lock.read_text().replace("https://opencollective.com", "").replace(
            "https://github.com", ""
        ), lock
    for lock in (path for path in locks if path.suffix == ".lock"):
        pinned = [line for line in lock.read_text().splitlines() if "==" in line]
        assert pinned
        assert all(line.endswith("\\") for line in pinned), lock  # a hash follows
