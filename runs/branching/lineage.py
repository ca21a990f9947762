"""A thread's tree of runs as values, for those who take something out of it or put it back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from runs.models import Run


@dataclass(frozen=True, slots=True)
class Node:
    """A run's place. Where it is shown its ``parent`` is, too; ``before`` is the run that it really stands behind."""

    id: UUID
    number: int
    parent: UUID | None
    before: UUID | None
    removed: bool
    delegated: bool
    cause: UUID | None


class Lineage:
    """All runs of a thread, removed and delegated ones included, oldest first."""

    def __init__(self, nodes: Collection[Node]) -> None:
        self.nodes = {node.id: node for node in sorted(nodes, key=lambda node: node.number)}

    @classmethod
    def of(cls, thread_id: UUID) -> Lineage:
        """The thread's, as it is now."""
        rows = Run.objects.filter(thread_id=thread_id).order_by()
        names = ("pk", "number", "parent_id", "removed_parent", "deleted_at", "trigger", "cause_run")
        return cls(
            [
                Node(
                    id=pk, number=number, parent=parent, before=removed_parent or parent, removed=deleted_at is not None,
                    delegated=trigger == Run.Trigger.DELEGATION, cause=cause,
                )
                for pk, number, parent, removed_parent, deleted_at, trigger, cause in rows.values_list(*names)
            ]
        )  # fmt: skip

    def below(self, run_id: UUID) -> set[UUID]:
        """The run and all that stands behind it on any branch, as far as it is shown; without what was delegated."""
        return self._tree(run_id) & self._shown()

    def with_delegated(self, run_ids: Collection[UUID]) -> set[UUID]:
        """These runs with all that they delegated, and so on."""
        found, level = set(run_ids), set(run_ids)
        while level:
            level = {node.id for node in self.nodes.values() if node.delegated and node.cause in level} - found
            found |= level
        return found

    def head_without(self, gone: Collection[UUID], *, head: UUID | None) -> UUID | None:
        """What is shown when these runs are gone: the head, if it is left; else the newest leaf below the nearest run before
        it that is left, or of the whole thread."""
        node = self.nodes.get(head) if head else None
        if node is None or node.id not in gone:
            return head
        left = self._shown() - set(gone)
        nearest = next((before for before in self.above(node.id) if before in left), None)
        return self._newest_leaf(left, below=nearest)

    def newest_leaf(self) -> UUID | None:
        """The newest of the runs that are shown and have nothing behind them."""
        return self._newest_leaf(self._shown(), below=None)

    def above(self, run_id: UUID) -> Iterator[UUID]:
        """The runs before this one, nearest first, removed ones included."""
        before = self.nodes[run_id].before
        while before is not None and before in self.nodes:
            yield before
            before = self.nodes[before].before

    def nearest_left(self, node: Node) -> UUID | None:
        """The nearest run before this one that is not removed."""
        return next((before for before in self.above(node.id) if not self.nodes[before].removed), None)

    def _shown(self) -> set[UUID]:
        return {node.id for node in self.nodes.values() if not (node.removed or node.delegated)}

    def _newest_leaf(self, left: set[UUID], *, below: UUID | None) -> UUID | None:
        leaves = left - self._inner(left)
        if below is not None:
            leaves &= self._tree(below)
        return max(leaves, key=lambda one: self.nodes[one].number, default=None)

    def _tree(self, run_id: UUID) -> set[UUID]:
        """The run and everything behind it."""
        behind: dict[UUID | None, list[UUID]] = {}
        for node in self.nodes.values():
            behind.setdefault(node.before, []).append(node.id)
        found, level = {run_id}, [run_id]
        while level:
            level = [one for above in level for one in behind.get(above, ())]
            found.update(level)
        return found

    def _inner(self, run_ids: Collection[UUID]) -> set[UUID]:
        """The runs that one of these stands behind."""
        found: set[UUID] = set()
        for run_id in run_ids:
            for before in self.above(run_id):
                if before in found:
                    break
                found.add(before)
        return found
