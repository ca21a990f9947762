"""The journey of an agent that acts, for the browser and for a program: what it needs, and what its model says.

A person asks the energy desk what heating took in winter, and for the report of the year. The desk activates its skill,
searches and reads the skill's source, cites it, draws a chart, and asks before it orders the report. While it waits, the
server is started again. Then the person approves, and the report comes by itself, in a run that nobody asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.job_server import JobServer
from tests.support.mock_provider import MockProvider, ReceivedRequest
from tests.support.replies import PATIENCE, Call, Reply, openai_reply
from tests.support.server import CodayServer

QUESTION: Final = "What did heating take in winter? Draw it, and order the report of 2025."
TITLE: Final = "Heating in winter"
DELIVERED: Final = "Your report of 2025 is there: 4,310 kWh in all."
ORDERED: Final = "The report is ordered. It will come by itself."
RESULT: Final = "Report of 2025: heating 4,310 kWh, light 1,120 kWh."

SKILL: Final[dict[str, Any]] = {
    "slug": "meter-readings",
    "name": "Meter readings",
    "trigger": "Questions about the energy that the house used.",
    "instructions": "Give kilowatt hours, and cite where they come from.",
}
PASSAGE: Final = "Heating took 820 kWh in December, 910 kWh in January and 760 kWh in February."
SOURCE: Final[dict[str, Any]] = {
    "title": "Readings of the house",
    "text": "\n\n".join(
        [*(f"On day {day} the meter of the hall was read." for day in range(50)), PASSAGE, "So it was."]
    ),
}
CHART: Final[dict[str, Any]] = {
    "type": "bar",
    "title": "Heating in winter",
    "labels": ["December", "January", "February"],
    "series": [{"name": "Heating", "values": [820, 910, 760]}],
    "units": "kWh",
}
ORDER: Final[dict[str, Any]] = {"endpoint": "reports", "input": {"year": 2025}}

AGENT: Final = """
slug: energy
name: Energy desk
icon: ⚡
description: Knows what the house uses.
instructions: You answer questions about energy.
tools: {show_chart: allow, http_job: ask}
skills: {on_demand: [meter-readings]}
"""
EQUIP: Final = """
from agents.exchange import import_agents
from runs.models import JobEndpoint
from skills.models import Skill
Skill.objects.update(owner=None, everyone=True)  # agents get the site's skills
import_agents('''%(agent)s''')
JobEndpoint.objects.create(slug="reports", name="Yearly report", url="%(url)s", deadline=600, input_schema={
    "type": "object", "properties": {"year": {"type": "integer"}}, "required": ["year"], "additionalProperties": False,
})
"""


@dataclass(frozen=True, slots=True)
class Journey:
    """An installation that is ready for it, and a program of its person."""

    server: CodayServer
    provider: MockProvider
    jobs: JobServer
    program: httpx.Client
    source_id: str

    @property
    def citation(self) -> str:
        """The link that the answer cites its source with."""
        return f"[{SOURCE['title']}](source:{self.source_id})"

    def begin(self) -> None:
        """Let the model say what it says on this journey, one turn after the other."""
        turns = iter(self._turns())

        def answer(request: ReceivedRequest) -> Reply:
            is_title = "tools" not in request.json
            return openai_reply(TITLE) if is_title else next(turns)

        self.provider.answer = answer

    def _turns(self) -> list[Reply]:
        found = f"Heating took 2,490 kWh in winter, most of it in January {self.citation}."
        return [
            _turn(("activate_skill", {"skill": SKILL["slug"]}), text="I look at the meter readings."),
            _turn(("search_sources", {"query": "heating winter January"})),
            _turn(("read_source", {"id": self.source_id})),
            _turn(("show_chart", CHART), text=found),
            _turn(("http_job", ORDER), text="Now I order the report."),
            openai_reply(ORDERED),
            openai_reply(f"{DELIVERED} {self.citation}"),
        ]

    @property
    def asked(self) -> list[dict[str, Any]]:
        """What the model was asked, without the request for a title, in order."""
        return [request.json for request in self.provider.requests if "tools" in request.json]


@contextmanager
def prepared(provider: MockProvider, data_dir: Path) -> Iterator[Journey]:
    """An installation with the skill of its person, an agent that may use it, and a server of jobs."""
    with JobServer.in_thread() as jobs:
        environment = {
            "OPENAI_API_KEY": "test",
            "OPENAI_BASE_URL": provider.base_url,
            "CODAY_DEFAULT_MODEL": "gpt-4o",
            "CODAY_FETCH_ALLOW": jobs.place,
        }
        with CodayServer(data_dir=data_dir, environment=environment) as server, _program_of(server) as program:
            post(program, "skills/", SKILL)
            source_id = post(program, f"skills/{SKILL['slug']}/sources/", SOURCE)["id"]
            server.manage("shell", "-c", EQUIP % {"agent": AGENT, "url": jobs.url})
            yield Journey(server, provider, jobs, program, source_id)


def post(program: httpx.Client, path: str, body: dict[str, Any]) -> Any:
    """Write something, which has to be taken; the answer's body."""
    answer = program.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def get(program: httpx.Client, path: str, **query: Any) -> Any:
    """Read something that has to be there."""
    answer = program.get(path, params=query)
    assert answer.is_success, answer.text
    return answer.json()


@contextmanager
def _program_of(server: CodayServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{server.base_url}/api/v1/", timeout=PATIENCE) as program:
        login = {"username": server.admin_username, "password": server.admin_password}
        program.headers["Authorization"] = f"Bearer {post(program, 'tokens/', login)['token']}"
        yield program


def _turn(*asked: tuple[str, dict[str, Any]], text: str = "") -> Reply:
    calls = [Call(name, (json.dumps(given),), f"call_{name}") for name, given in asked]
    return openai_reply(*([text] if text else []), *calls)
