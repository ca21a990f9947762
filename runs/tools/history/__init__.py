"""Tools that know runs: they list, find, read, tag and summarise what was done before, with the person's own rights.

What they tell of is what people, models and tools once said: data of others, not to be obeyed.
"""

from __future__ import annotations

from runs.tools.base import Tool
from runs.tools.history.changing import SummarizeRuns, TagRun
from runs.tools.history.reading import ListRuns, ReadRun, SearchRuns

HISTORY_TOOLS: tuple[Tool, ...] = (ListRuns(), SearchRuns(), ReadRun(), TagRun(), SummarizeRuns())
