"""Production settings: Django's own deployment checks find nothing, and plain HTTP leads to HTTPS."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent

VISIT = """
from django.test import Client
for headers in ({}, {"X-Forwarded-Proto": "https"}):
    answer = Client().get("/accounts/login/", headers=headers)
    print(answer.status_code, answer.headers.get("Location"), answer.headers.get("Strict-Transport-Security"))
    print([bool(cookie["secure"]) for cookie in answer.cookies.values()])
print(Client().get("/healthz").status_code != 301)
"""


def _manage(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CODAY_", "DJANGO_", "SECRET_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env={**kept, "CODAY_DATA_DIR": str(data_dir), "ALLOWED_HOSTS": "testserver", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_checks_find_nothing(tmp_path: Path) -> None:
    done = _manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", CODAY_HTTPS="true")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_they_do_find_what_is_not_for_production(tmp_path: Path) -> None:
    done = _manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="short", DEBUG="true")
    assert done.returncode == 1
    for finding in ("security.W004", "security.W009", "security.W012", "security.W018"):
        assert finding in done.stderr


def test_behind_a_proxy_everything_is_https(tmp_path: Path) -> None:
    production = {"CODAY_HTTPS": "true", "CODAY_PROXY_SSL_HEADER": "X-Forwarded-Proto"}
    done = _manage(tmp_path, "shell", "--no-imports", "-c", VISIT, **production)
    plain, _, secure, cookies, inside = done.stdout.splitlines()
    assert plain == "301 https://testserver/accounts/login/ None"
    assert secure == "200 None max-age=31536000"
    assert cookies == "[True]"
    assert inside == "True"
