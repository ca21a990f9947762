"""Everything before a model call but the conversation: tools and prompt of an agent with 20 skills and 3 MCP servers."""

from __future__ import annotations

import time

from django.contrib.auth import get_user_model
from django.utils import timezone

from agents.models import Agent
from benchmarks.tools.figures import Figure
from benchmarks.tools.mcp_server import TOOLS
from coday.kernel.database import in_database
from runs.context import RunContext
from runs.inputs import Asker
from runs.inspection import hypothetical_context
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.tool_assembly import ToolAssemblyService
from runs.tools.registry import BUILTIN
from runs.wiring import Wiring
from skills.models import McpServer, Skill
from threads.operations import create_thread

SKILLS = 20
ALWAYS = 10
SERVERS = 3
REPEATS = 100


async def measure() -> list[Figure]:
    """The first time, for which the servers are asked for their lists, is not counted."""
    context = await in_database(_make_rows)
    wiring = Wiring()
    assembly = ToolAssemblyService(tools=wiring.tools, mcp=wiring.mcp)
    try:
        await _assemble(context, assembly)
        seconds = [await _assemble(context, assembly) for _ in range(REPEATS)]
    finally:
        await wiring.aclose()
    return [Figure.of("tools and prompt, 20 skills and 3 MCP servers", seconds, target=20)]


async def _assemble(context: RunContext, assembly: ToolAssemblyService) -> float:
    started = time.perf_counter()
    equipment = await assembly.assemble(context)
    equipped = context.equipped(equipment.skills)
    prompt = SystemPromptBuilderService().build(equipped, tools=equipment.toolset.definitions, now=timezone.localtime())
    seconds = time.perf_counter() - started
    offered = sum("look_up" in name for name in equipment.toolset.offers)
    if offered != SERVERS * TOOLS or len(equipment.skills) != ALWAYS or not prompt.text:
        raise RuntimeError(f"{offered} tools, {len(equipment.skills)} skills are active: {equipment.notices}")
    return seconds


def _make_rows() -> RunContext:
    admin = get_user_model().objects.get(username="admin")
    tools = dict.fromkeys(BUILTIN, "allow")
    agent = Agent.objects.create(slug="equipped", name="Equipped", instructions="Be of help. " * 100, tools=tools)
    for number in range(SERVERS):
        server = McpServer.objects.create(
            slug=f"server-{number}", name=f"Server {number}", transport=McpServer.Transport.STDIO, command="benchmark"
        )
        agent.mcp_servers.add(server)
    for number in range(SKILLS):
        skill = Skill.objects.create(
            slug=f"skill-{number}", name=f"Skill {number}", trigger="When somebody asks for it. " * 5,
            instructions="Do it like this. " * 200, everyone=True,
        )  # fmt: skip
        agent.skills.add(skill, through_defaults={"always": number < ALWAYS})
    thread = create_thread(owner_id=admin.pk, title="Equipment")
    asker = Asker(user_id=admin.pk, username=admin.username)
    return hypothetical_context(asker=asker, agent="equipped", thread_id=thread.id)
