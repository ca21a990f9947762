"""A person's folders of threads, in the order that they give them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from coday.kernel.database import reserve
from threads.errors import FolderExistsError, FolderNotFoundError, TooManyFoldersError
from threads.models import Thread, ThreadFolder
from threads.operations import update_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder: ``position`` counts from 0, ``threads`` those in it that are not archived."""

    id: UUID
    name: str
    position: int
    threads: int


def folders_of(*, user_id: UUID) -> list[Folder]:
    """The person's folders in their order."""
    rows = _folders(user_id)
    shown = Count("threads", filter=Q(threads__archived=False))
    threads = dict(rows.order_by().values_list("pk").annotate(count=shown))
    return [
        Folder(id=row.pk, name=row.name, position=position, threads=threads.get(row.pk, 0))
        for position, row in enumerate(rows)
    ]


def get_folder(*, user_id: UUID, folder_id: UUID) -> Folder:
    """One folder.

    Raises:
        FolderNotFoundError: it does not exist for this person.
    """
    found = next((folder for folder in folders_of(user_id=user_id) if folder.id == folder_id), None)
    if found is None:
        raise FolderNotFoundError
    return found


@transaction.atomic
def create_folder(*, user_id: UUID, name: str) -> Folder:
    """Make a folder behind the others.

    Raises:
        FolderExistsError: there is one of this name, in whatever case.
        TooManyFoldersError: as many as one person may have.
    """
    _take_turns(user_id)
    rows = list(_folders(user_id))
    if len(rows) >= settings.CODAY_MAX_FOLDERS:
        raise TooManyFoldersError(details={"limit": settings.CODAY_MAX_FOLDERS})
    _refuse_known(name, rows)
    row = ThreadFolder(owner_id=user_id, name=name, position=len(rows))
    row.save(force_insert=True)
    return get_folder(user_id=user_id, folder_id=row.pk)


@transaction.atomic
def change_folder(*, user_id: UUID, folder_id: UUID, name: str | None = None, position: int | None = None) -> Folder:
    """Rename a folder, or put it at a place among the others, which make room.

    Raises:
        FolderNotFoundError: it does not exist for this person.
        FolderExistsError: another one has this name.
    """
    _take_turns(user_id)
    rows = list(_folders(user_id))
    row = next((row for row in rows if row.pk == folder_id), None)
    if row is None:
        raise FolderNotFoundError
    others = [other for other in rows if other is not row]
    if name is not None:
        _refuse_known(name, others)
        row.name = name
    place = rows.index(row) if position is None else position
    for index, each in enumerate([*others[:place], row, *others[place:]]):
        each.position = index
    ThreadFolder.objects.bulk_update(rows, ["name", "position"])
    return get_folder(user_id=user_id, folder_id=folder_id)


@transaction.atomic
def delete_folder(*, user_id: UUID, folder_id: UUID) -> None:
    """Delete a folder. Its threads stay, in no folder.

    Raises:
        FolderNotFoundError: it does not exist for this person.
    """
    _take_turns(user_id)
    row = _folders(user_id).select_for_update().filter(pk=folder_id).first()  # from here on nothing is put into it
    if row is None:
        raise FolderNotFoundError
    inside = Thread.objects.filter(folder=row).values_list("pk", flat=True)
    update_threads(user_id=user_id, thread_ids=list(inside), changes={"folder": None})
    row.delete()


def _take_turns(user_id: UUID) -> None:
    reserve(f"folders of {user_id}")


def _folders(user_id: UUID) -> QuerySet[ThreadFolder]:
    return ThreadFolder.objects.filter(owner_id=user_id).order_by("position", "name")


def _refuse_known(name: str, rows: Collection[ThreadFolder]) -> None:
    if name.casefold() in {row.name.casefold() for row in rows}:
        raise FolderExistsError(details={"field": "name"})
