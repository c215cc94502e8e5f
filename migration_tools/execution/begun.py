"""The operation that is running, and what it had done of its archives before it stopped once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.archives.giving import Returned, returned_before
from migration_tools.execution import recovery
from migration_tools.journal import Journal
from migration_tools.plan import Direction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The step that is running. ``source``: a hash of its file, "" for none. ``unwatched``: in
    there the journal does not note statements, which would not be the same another time.
    ``operation``: run, step and operation, by their numbers. ``begun_before``: the statements of
    the operation that an earlier run has executed, which stopped in it; None if it begins fresh."""

    run: int | None
    app: str
    name: str
    direction: Direction
    source: str = ""
    operation: tuple[int | None, ...] = ()
    unwatched: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    begun_before: tuple[str, ...] | None = None


class Begun:
    """Nothing, where the operation begins fresh."""

    def __init__(self, connection: BaseDatabaseWrapper, moment: Callable[[], Moment | None]):
        self._moment = moment
        self._journal = Journal(connection)
        self._catalogue = Catalogue(connection)

    @property
    def statements(self) -> tuple[str, ...]:
        """Those that were executed."""
        moment = self._moment()
        return (moment and moment.begun_before) or ()

    def operations(self) -> list[list[int | None]]:
        """The operation itself, by the numbers of the runs that stopped in it."""
        moment = self._moment()
        if moment is None or moment.begun_before is None:
            return []
        return [
            [step.run, step.position, moment.operation[-1]]
            for step in self._journal.unfinished_steps()
            if step.key == (moment.app, moment.name)
        ]

    def copy(self, kind: Kind, table: str, column: str = "") -> Archive | None:
        """The complete one that it had made."""
        moment, operations = self._moment(), self.operations()
        if moment is None or not operations:
            return None
        found = self._catalogue.find(
            strategy=Strategy.COPY,
            kind=kind,
            app=moment.app,
            name=moment.name,
            direction=moment.direction,
            table=table,
            column=column,
            states=[State.KEPT],
        )
        return next((each for each in found if each.details.get("taken_by") in operations), None)

    def returned(self, archive: Archive) -> Returned | None:
        """What it had put back of a copy."""
        by = archive.details.get("given_by")
        return returned_before(archive) if by in self.operations() else None

    def returned_earlier(self) -> list[tuple[Archive, Returned]]:
        """What operations of the step had put back that were done when it stopped."""
        moment = self._moment()
        if moment is None or not self._catalogue.exists():
            return []
        found = [
            archive
            for archive in self._catalogue.find(
                strategy=Strategy.COPY,
                app=moment.app,
                name=moment.name,
                direction=moment.direction.opposite,
                states=[State.KEPT],
            )
            if archive.details.get("given_by")
        ]
        stopped = self._journal.unfinished_steps() if found else ()
        steps = [[step.run, step.position] for step in stopped]
        return [
            (each, returned_before(each)) for each in found if each.details["given_by"][:2] in steps
        ]

    def finished_by(self, archive: Archive) -> list[int]:
        """Runs in which the step of an archive came to its end, written down or not."""
        key = (archive.app, archive.name)
        found = [step for step in self._journal.unfinished_steps() if step.key == key]
        done, last = recovery.finished(found), self._journal.last_step(*key)
        return [step.run for step in found if step.id in done] + ([last.run] if last else [])
