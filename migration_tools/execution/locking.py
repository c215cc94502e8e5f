"""One run on a database at a time: taken before there is a plan, held until the run has ended."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django.db

from migration_tools.backends import for_connection
from migration_tools.exceptions import Refused
from migration_tools.journal import Journal, Outcome, RunRecord, StepRecord

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.backends.locks import RunLock

#: How long to wait between two looks at the lock, at first and at most; and between two messages.
FIRST_PAUSE, LONGEST_PAUSE, TOLD_EVERY = 0.05, 1.0, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who runs on the database: as the engine knows them, and as the journal does, where it was
    written already; a run that still plans or asks is not."""

    session: str
    run: RunRecord | None = None
    step: StepRecord | None = None
    steps: int = 0


class DatabaseBusy(Refused):
    """Somebody else has the lock. Reports find the words for it."""

    def __init__(self, holder: Holder, waited: float) -> None:
        super().__init__("another run has the lock of this database")
        self.holder = holder
        self.waited = waited


class HeldLock:
    """The lock while this run has it."""

    def __init__(self, connection: BaseDatabaseWrapper, lock: RunLock) -> None:
        self._connection = connection
        self._lock = lock

    def require(self) -> None:
        """Raise Refused if it is gone, and cannot be had again with nobody in between."""
        if self._lock.is_held() or (self._lock.take() and self._lock.is_held()):
            return
        raise Refused(
            "The lock of this run is gone: another session answers on this connection. It was "
            "stopped before its next step.",
            hint="A pooler that hands out a session for each transaction does that. Migrate on a "
            "connection to the server itself.",
        )


@contextlib.contextmanager
def one_run(
    connection: BaseDatabaseWrapper,
    *,
    wait: float,
    tell: Callable[[Holder], None],
    warn: Callable[[str], None],
) -> Iterator[HeldLock]:
    """Raises DatabaseBusy after ``wait`` seconds; ``tell`` is told for whom it waits."""
    lock = for_connection(connection).run_lock()
    try:
        _take(connection, lock, wait, tell)
    except OSError as error:
        raise Refused(
            f"The lock of this database cannot be taken: {error}. Nothing was changed."
        ) from error
    held = HeldLock(connection, lock)
    try:
        held.require()
        if lock.works:
            _call_interrupted(Journal(connection))
        yield held
    finally:
        _release(lock, warn)


def holder_of(connection: BaseDatabaseWrapper) -> Holder | None:
    """None if nobody runs on the database."""
    session = for_connection(connection).run_lock().holder()
    if session is None:
        return None
    journal = Journal(connection)
    for run in journal.runs(outcome=Outcome.RUNNING, limit=1):
        steps = journal.steps(run.id)
        begun = [step for step in steps if step.outcome is not Outcome.PLANNED]
        return Holder(session=session, run=run, step=begun[-1] if begun else None, steps=len(steps))
    return Holder(session=session)


def _take(
    connection: BaseDatabaseWrapper, lock: RunLock, wait: float, tell: Callable[[Holder], None]
) -> None:
    start, pause, told = time.monotonic(), FIRST_PAUSE, -TOLD_EVERY
    while not lock.take():
        waited = time.monotonic() - start
        holder = holder_of(connection) or Holder(session="a run that has just ended")
        if waited >= wait:
            raise DatabaseBusy(holder, waited)
        if waited - told >= TOLD_EVERY:
            tell(holder)
            told = waited
        # Asked again and again, not one statement that waits: that would hold back others.
        time.sleep(min(pause * random.uniform(0.5, 1), wait - waited))
        pause = min(pause * 2, LONGEST_PAUSE)


def _call_interrupted(journal: Journal) -> None:
    """With the lock in hand, whatever the journal says is running has died."""
    for run in journal.runs(outcome=Outcome.RUNNING):
        journal.change_run(run.id, outcome=Outcome.INTERRUPTED)
        for step in journal.steps(run.id):
            if step.outcome is Outcome.RUNNING:
                journal.change_step(run.id, step.position, outcome=Outcome.INTERRUPTED)


def _release(lock: RunLock, warn: Callable[[str], None]) -> None:
    try:
        if not lock.release() and (holder := lock.holder()):
            warn(f"The lock of this run could not be released; {holder} has it.")
    except django.db.Error:  # a lost connection has taken the lock along
        pass
