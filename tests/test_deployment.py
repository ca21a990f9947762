"""What is deployed names commands, variables, ports and files that exist."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

import coday

PROJECT = Path(__file__).resolve().parent.parent
DEPLOY = PROJECT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
EXAMPLES = [PROJECT / ".env.example", *sorted(DEPLOY.glob("coday.env.example"))]
PACKAGES = ("coday", "usage", "agents", "threads", "runs")
# Read by what Coday is made with, or by the tools that start it.
OTHERS = re.compile(r"FORWARDED_ALLOW_IPS|OTEL_\w+|PYTHON\w*|PIP_\w+|PATH|SITE|TMPDIR|POSTGRES_\w+|EMBEDDED_MODEL|CI")
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "coday"}
DOCKERFILE = (PROJECT / "Dockerfile").read_text()


def _variables() -> set[str]:
    """The names of all variables that the code reads: strings that look like one."""
    sources = (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    strings = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in strings if re.fullmatch(r"[A-Z][A-Z0-9_]+", text)}


def _unknown(names: set[str]) -> set[str]:
    return {name for name in names - _variables() if not OTHERS.fullmatch(name)}


def _parses(words: list[str]) -> bool:
    """Whether ``python manage.py COMMAND …`` would be understood."""
    python, manage, command, *arguments = words
    assert Path(python).name == "python"
    assert manage == "manage.py"
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    parser.parse_args(arguments)
    return True


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))


# --- Variables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_names_variables_that_are_read_and_no_secret(path: Path) -> None:
    lines = re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", path.read_text(), re.MULTILINE)
    assert lines
    assert _unknown({name for name, _ in lines}) == set()
    assert {value for name, value in lines if re.search("SECRET|KEY|TOKEN|PASSWORD", name)} <= {""}


@pytest.mark.parametrize("name", ["README.md", "docs/operations.md"])
def test_documents_name_variables_that_are_read(name: str) -> None:
    text = (PROJECT / name).read_text()
    named = set(
        re.findall(r"\b((?:CODAY|OPENAI|ANTHROPIC|OLLAMA|LOG|REDIS|DATABASE|SECRET|CSRF|ALLOWED)_[A-Z0-9_]+)\b", text)
    )
    assert named
    assert _unknown(named) == set()


def test_every_variable_is_told_to_operators() -> None:
    settings_files = (PROJECT / "coday" / name for name in ("settings.py", "limits.py"))
    read = {name for file in settings_files for name in re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', file.read_text())}
    told = "".join(path.read_text() for path in (PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))))
    assert len(read) > 20
    assert {name for name in read if name not in told} == set()


def test_compose_and_image_and_units_set_variables_that_are_read() -> None:
    composed = {name for service in OURS.values() for name in service.get("environment", {})}
    image = set(re.findall(r"\b([A-Z][A-Z0-9_]+)=", DOCKERFILE))
    set_by_units = " ".join(value for path in UNITS for value in _values(path, "Environment"))
    units = set(re.findall(r"\b([A-Z][A-Z0-9_]+)=", set_by_units))
    assert {"CODAY_METRICS_PORT", "CODAY_DATA_DIR", "HOST"} <= composed | image | units
    assert _unknown(composed | image | units) == set()


# --- compose.yaml -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    assert _parses(OURS[name]["command"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_can_write_to_its_data_alone(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["user"].split(":")[0] == _from_dockerfile(r"--uid (\d+)")
    assert service["volumes"] == [f"data:{_from_dockerfile(r'VOLUME (.+)')}"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_needs_what_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("depends_on", {})) <= set(SERVICES)
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (PROJECT / source).is_file()
    if file := service.get("env_file"):
        assert (PROJECT / f"{file}.example").is_file()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_again_by_itself(name: str) -> None:
    assert SERVICES[name]["restart"] == ("on-failure" if name == "migrate" else "unless-stopped")


def test_processes_have_more_time_to_end_than_they_take() -> None:
    [given] = re.findall(r"^CODAY_SHUTDOWN_SECONDS=(\d+)$", EXAMPLES[1].read_text(), re.MULTILINE)
    longest = max(settings.CODAY_SHUTDOWN_SECONDS, float(given))
    graces = [_seconds(OURS[name]["stop_grace_period"]) for name in ("web", "worker")]
    graces += [_seconds(_values(path, "TimeoutStopSec")[0]) for path in UNITS]
    assert min(graces) > longest + 5


def test_the_proxy_asks_where_web_processes_listen() -> None:
    port = OURS["web"]["environment"]["PORT"]
    assert f"port {port}" in (DEPLOY / "Caddyfile").read_text()
    assert f"EXPOSE {port}" in DOCKERFILE
    assert "server 127.0.0.1:8000;" in (DEPLOY / "nginx.conf").read_text()


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["services"]["internal"]
    assert [name for name in ("postgres", "redis") if SERVICES[name]["networks"] != ["services"]] == []


def test_proxies_let_uploads_of_the_allowed_size_through() -> None:
    limits = [re.search(r"(?:max_size|client_max_body_size) (\d+)", path.read_text()) for path in _proxies()]
    assert all(limit and int(limit[1]) * 2**20 > settings.CODAY_MAX_IMAGE_BYTES for limit in limits)


def _proxies() -> list[Path]:
    return [DEPLOY / "Caddyfile", DEPLOY / "nginx.conf"]


# --- Dockerfile ---------------------------------------------------------------------------------------------------


def _from_dockerfile(pattern: str) -> str:
    found = re.search(pattern, DOCKERFILE)
    assert found, pattern
    return found[1]


def test_the_image_is_built_of_files_that_exist() -> None:
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)]
    assert copied
    assert [name for names in copied for name in names if not (PROJECT / name).exists()] == []


def test_the_image_installs_what_is_locked_and_runs_as_nobody_special() -> None:
    assert DOCKERFILE.count("pip install") == DOCKERFILE.count("--require-hashes") == 3
    assert _from_dockerfile(r"\nUSER (\S+)\n") == "coday"
    assert _parses(ast.literal_eval(_from_dockerfile(r"\nCMD (\[.+\])\n")))


def test_the_image_holds_no_secret_of_the_machine_that_built_it() -> None:
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert {".git", ".env", "var", "deploy/*.env"} <= set(ignored)


def test_the_version_is_told_once() -> None:
    assert f'version = "{coday.__version__}"' in (PROJECT / "pyproject.toml").read_text()


class _Answering(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Nothing."""


class _Ill(_Answering):
    status = 500


@pytest.fixture(params=[_Answering, _Ill])
def process(request: pytest.FixtureRequest) -> Iterator[tuple[int, bool]]:
    """A port where somebody answers, and whether they are well."""
    with HTTPServer(("127.0.0.1", 0), request.param) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1], request.param is _Answering
        server.shutdown()
        thread.join()


def test_the_health_check_tells_well_from_ill(process: tuple[int, bool]) -> None:
    port, is_well = process
    environment = {**os.environ, "CODAY_METRICS_PORT": str(port)}
    command = [sys.executable, str(DEPLOY / "healthcheck.py"), "CODAY_METRICS_PORT"]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode == 0) is is_well


# --- systemd, nginx, Caddy ----------------------------------------------------------------------------------------


def _values(unit: Path, name: str) -> list[str]:
    """What a unit says of this name, which may be there more than once."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists(path: Path) -> None:
    assert _parses(_values(path, "ExecStart")[0].split())


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_understood_by_systemd(path: Path, tmp_path: Path) -> None:
    _needs("systemd-analyze")
    copy = tmp_path / path.name
    copy.write_text(path.read_text().replace("/opt/coday/.venv/bin/python", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if path.name.split(".")[0] in line]) == (0, [])


def test_nginx_understands_its_configuration(tmp_path: Path) -> None:
    _needs("nginx")
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x"]
    files = ["-keyout", str(tmp_path / "privkey.pem"), "-out", str(tmp_path / "fullchain.pem")]
    subprocess.run([*certificate, *files], capture_output=True, check=True)
    site = (DEPLOY / "nginx.conf").read_text().replace("/etc/ssl/coday", str(tmp_path))
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ {site} }}")
    done = subprocess.run(["nginx", "-t", "-c", main], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_caddy_understands_its_configuration(tmp_path: Path) -> None:
    _needs("caddy")
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _needs(program: str) -> None:
    """These check files that are not part of the product, so a machine without the program is not a failure anywhere."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
