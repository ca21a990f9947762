"""Builds the use cases from the settings: the one place that knows which service gets which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from django.conf import settings

from coday.kernel.http import HttpClients
from runs.execute import ExecuteRun, ExecuteRunAndSetTitle
from runs.inference.registry import ProviderRegistry
from runs.services.collect_usage import CollectUsageAsyncService
from runs.services.command_queue import CommandQueueService
from runs.services.context_window import ContextWindowService
from runs.services.message_cleanup import MessageCleanupService
from runs.services.request_cover import RequestCoverService
from runs.services.side_call import SideCallService
from runs.services.streaming_inference import StreamingInferenceService
from runs.services.summary_writer import SummaryWriterService
from runs.services.system_prompt_builder import SystemPromptBuilderService
from runs.services.thread_title import ThreadTitleService
from runs.services.tool_assembly import ToolAssemblyService
from runs.services.tool_result_collector import ToolResultCollectorService
from runs.tools.base import Tool
from runs.tools.mcp.service import McpTools
from runs.tools.registry import BUILTIN


class Wiring:
    """The services of one driver, made once and shared by its runs."""

    def __init__(self) -> None:
        self._clients = HttpClients()

    @cached_property
    def providers(self) -> ProviderRegistry:
        """The adapters over this driver's HTTP connections."""
        return ProviderRegistry(self._clients)

    @cached_property
    def usage(self) -> CollectUsageAsyncService:
        """One ledger writer for answers and titles, so that a bill can be waited for."""
        return CollectUsageAsyncService()

    @cached_property
    def mcp(self) -> McpTools:
        """The connections to MCP servers."""
        return McpTools()

    @property
    def tools(self) -> Mapping[str, Tool]:
        """The built-in tools by name."""
        return BUILTIN

    @property
    def _side_calls(self) -> SideCallService:
        return SideCallService(providers=self.providers, usage=self.usage)

    @property
    def _summaries(self) -> SummaryWriterService:
        return SummaryWriterService(side_calls=self._side_calls)

    def execute_run(self) -> ExecuteRun:
        """The use case for a run."""
        return ExecuteRun(
            commands=CommandQueueService(summaries=self._summaries),
            tool_assembly=ToolAssemblyService(tools=self.tools, mcp=self.mcp),
            system_prompt=SystemPromptBuilderService(),
            context_window=ContextWindowService(
                cleanup=MessageCleanupService(), summaries=self._summaries, automatic=settings.CODAY_AUTO_SUMMARY
            ),
            cover=RequestCoverService(),
            inference=StreamingInferenceService(
                providers=self.providers, usage=self.usage, attempts=settings.CODAY_PROVIDER_ATTEMPTS
            ),
            tool_results=ToolResultCollectorService(),
            usage=self.usage,
        )

    def execute_run_and_set_title(self) -> ExecuteRunAndSetTitle:
        """The use case for a run in a thread that may still want a title."""
        titles = ThreadTitleService(side_calls=self._side_calls, usage=self.usage)
        return ExecuteRunAndSetTitle(execute_run=self.execute_run(), titles=titles)

    async def aclose(self) -> None:
        """Close the connections to providers and MCP servers."""
        await self.mcp.aclose()
        await self._clients.aclose()
