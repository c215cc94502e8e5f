"""What a database remembers of runs, and what it keeps of what they took away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import django.db

from migration_tools.archives.catalogue import HOLDING, Catalogue
from migration_tools.archives.keeping import Archives, Listed
from migration_tools.backends import for_connection
from migration_tools.journal import Journal, Outcome, RunRecord, StepOutline

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """``undone_by``: the latest run that took this one back; None if nobody did."""

    run: RunRecord
    steps: tuple[StepOutline, ...]
    undone_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """``runs`` and ``archives`` with the newest first; ``older``: how many more runs there are."""

    runs: tuple[PastRun, ...] = ()
    archives: tuple[Listed, ...] = ()
    older: int = 0

    def of(self, apps: Collection[str]) -> Past:
        """What concerns these apps."""
        return replace(
            self,
            runs=tuple(r for r in self.runs if any(step.app in apps for step in r.steps)),
            archives=tuple(each for each in self.archives if each.archive.app in apps),
        )


def past_of(connection: BaseDatabaseWrapper, *, most: int = 200) -> Past:
    """Empty where nothing was written down, or where this user may not read it; only reads.

    ``most``: how many runs. Rows of archives are not counted.
    """
    runs, older = _runs(connection, most)
    return Past(runs=runs, archives=_archives(connection), older=older)


def _runs(connection: BaseDatabaseWrapper, most: int) -> tuple[tuple[PastRun, ...], int]:
    journal = Journal(connection)
    try:
        runs = journal.runs()
        steps = journal.outlines([run.id for run in runs[:most]])
    except django.db.Error:
        return (), 0
    undone_by: dict[int, int] = {}
    for run in reversed(runs):
        if run.undo_of is not None and run.outcome is Outcome.DONE:
            undone_by[run.undo_of] = run.id
    if any(run.outcome is Outcome.RUNNING for run in runs[:most]) and not _is_at_work(connection):
        runs = tuple(map(_as_died, runs))
    return (
        tuple(
            PastRun(run=run, steps=steps.get(run.id, ()), undone_by=undone_by.get(run.id))
            for run in runs[:most]
        ),
        max(0, len(runs) - most),
    )


def _is_at_work(connection: BaseDatabaseWrapper) -> bool:
    try:
        return for_connection(connection).run_lock().holder() is not None
    except django.db.Error:
        return True


def _as_died(run: RunRecord) -> RunRecord:
    """A run that says it is running while nobody has the lock has been killed."""
    if run.outcome is not Outcome.RUNNING:
        return run
    return replace(run, outcome=Outcome.INTERRUPTED)


def _archives(connection: BaseDatabaseWrapper) -> tuple[Listed, ...]:
    archives = Archives(connection)
    try:
        found = Catalogue(connection).find(states=HOLDING)
        return tuple(archives.listed(archive) for archive in found)
    except django.db.Error:
        return ()
