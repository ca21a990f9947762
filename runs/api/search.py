"""The endpoints of the search: runs by their words and by what they are, and the palette."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from coday.edge.pagination import CursorPages
from coday.edge.parameters import InvalidParameterError, parameters_of
from runs.api.base import RunCallerView
from runs.api.schema_search import FoundRunShape, FoundShape, RunQuery, SearchQuery
from runs.search.find import Hit, RunFilters, ThreadHit, ask, filtered_runs, found_runs, hits_of, look_up, search_runs
from runs.search.snippets import Snippet
from runs.wire import JsonObject, run_object
from threads.api.pages import page_object
from threads.api.schema import page_of
from threads.snapshot import ThreadSnapshot
from threads.wire import time


class RunListView(RunCallerView):
    """``runs/``"""

    @extend_schema(operation_id="runs_list", parameters=[RunQuery], responses=page_of("FoundRun", FoundRunShape))
    def get(self, request: Request) -> Response:
        """The caller's runs in all conversations that are as asked for: newest first, or where words are asked for, the best
        first."""
        query = parameters_of(request.query_params, RunQuery)
        filters = RunFilters(**{name: query[name] for name in RunFilters.__slots__ if name in query})
        return self._searched(request, query, filters) if query["q"] else self._listed(request, filters)

    def _listed(self, request: Request, filters: RunFilters) -> Response:
        pages = CursorPages()
        runs = filtered_runs(user_id=self.user_id, filters=filters).only("pk")  # whole rows are slow to put in order
        page = found_runs(run_ids=[run.pk for run in pages.paginate_queryset(runs, request) or []])
        response: Response = pages.get_paginated_response([hit_object(hit) for hit in hits_of(runs=page)])
        return response

    def _searched(self, request: Request, query: dict[str, Any], filters: RunFilters) -> Response:
        start, limit = _place_of(query["cursor"]), query["limit"]
        question = ask(user_id=self.user_id, text=query["q"])
        found = search_runs(user_id=self.user_id, question=question, filters=filters)
        hits = hits_of(runs=found_runs(run_ids=found[start : start + limit]), question=question)
        more = {"cursor": str(start + limit)} if len(found) > start + limit else None
        return Response(page_object(request, [hit_object(hit) for hit in hits], next_page=more))


def _place_of(cursor: str) -> int:
    """The place in the order of the found runs.

    Raises:
        InvalidParameterError: we made no such cursor.
    """
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 6):
        raise InvalidParameterError("cursor: There is no such page.", field="cursor")
    return int(cursor or 0)


class SearchView(RunCallerView):
    """``search/``"""

    @extend_schema(operation_id="search", parameters=[SearchQuery], responses=FoundShape)
    def get(self, request: Request) -> Response:
        """The conversations and runs that have these words, the best few: for a palette, while somebody types."""
        text = parameters_of(request.query_params, SearchQuery)["q"]
        threads, runs = look_up(user_id=self.user_id, text=text)
        return Response({"threads": list(map(thread_hit_object, threads)), "runs": list(map(hit_object, runs))})


# --- Values to JSON -------------------------------------------------------------------------------------------------


def hit_object(hit: Hit) -> JsonObject:
    """A run that was found."""
    snippet = {"snippet": _snippet_object(hit.snippet)} if hit.snippet else {}
    return {**run_object(hit.run), "thread": place_object(hit.thread), **snippet}


def thread_hit_object(found: ThreadHit) -> JsonObject:
    """A thread that was found."""
    shown = place_object(found.thread)
    shown |= {"archived": found.thread.archived, "updated_at": time(found.thread.updated_at)}
    if found.hit and found.hit.snippet:
        shown |= {"run_id": str(found.hit.run.id), "snippet": _snippet_object(found.hit.snippet)}
    return shown


def place_object(thread: ThreadSnapshot) -> JsonObject:
    """A thread as the place of something that was found."""
    return {"id": str(thread.id), "title": thread.title or thread.excerpt, "anonymous": thread.anonymous}


def _snippet_object(snippet: Snippet) -> JsonObject:
    return {"text": snippet.text, "marks": [list(mark) for mark in snippet.marks]}
