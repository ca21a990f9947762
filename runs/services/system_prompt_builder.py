"""The system prompt: what the agent, the site and the person say before the conversation begins."""

from __future__ import annotations

from runs.context import RunContext


class SystemPromptBuilderService:
    """Builds the prompt from its most stable part to its least stable one, so that providers can cache its beginning."""

    def build(self, context: RunContext) -> str:
        """The sections that are there, each under its heading, separated by blank lines."""
        sections = [
            ("", context.agent.instructions),
            ("From the site", context.prompts.site),
            (f"From the person you talk with ({context.run.username})", context.prompts.person),
        ]
        return "\n\n".join(
            f"# {heading}\n\n{text.strip()}" if heading else text.strip() for heading, text in sections if text.strip()
        )
