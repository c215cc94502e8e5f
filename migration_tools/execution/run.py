"""One run of steps as it goes, in the journal: what was begun, what is done, where it stopped."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django.db
from django.db.migrations.recorder import MigrationRecorder
from django.utils.timezone import now

import migration_tools
from migration_tools.analysis.sources import source_hash, source_of
from migration_tools.execution.notes import OperationNotes, dumped
from migration_tools.execution.operations import WatchedStep
from migration_tools.journal import Journal, Outcome
from migration_tools.plan import Direction, Target

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

#: How much of an error is kept.
LONGEST_ERROR = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why there is a run: what was typed, what it takes back, or where it goes on.

    ``earlier``: notes on the operations of the step that it finishes.
    """

    target: Target
    command: str = ""
    undo_of: int | None = None
    earlier: tuple[OperationNotes, ...] = ()

    @property
    def is_resumption(self) -> bool:
        """It was judged and agreed to before its first operation; now its tables are half-way."""
        return bool(self.earlier)


class RunLog:
    """Written before and after each step, outside of the step's own transaction; only that a step
    is about to be committed is written within it, so that one is never there without the other."""

    def __init__(self, connection: BaseDatabaseWrapper, occasion: Occasion) -> None:
        self._connection = connection
        self._occasion = occasion
        self._journal = Journal(connection)
        self._positions: dict[tuple[str, str], int] = {}
        self._started = 0.0
        self._has_editor = False
        self._watching: contextlib.ExitStack | None = None
        #: Its number in the journal, once it was opened.
        self.number: int | None = None
        #: The step that is running, with its operations.
        self.step: WatchedStep | None = None
        self.done_steps = 0
        #: When it has stopped: the step is done but for Django's record of it.
        self.is_step_written = False

    @property
    def planned_steps(self) -> int:
        return len(self._positions)

    @property
    def position(self) -> int | None:
        return self._positions.get(_key(self.step.migration)) if self.step else None

    def open(
        self, pairs: Sequence[tuple[Migration, bool]], *, fingerprint: str, fake: bool
    ) -> None:
        """Raises JournalError where nothing can be written."""
        self._positions = {_key(migration): n for n, (migration, _) in enumerate(pairs, 1)}
        backwards = any(way for _, way in pairs)
        self.number = self._journal.open_run(
            [_about(migration, way, fake) for migration, way in pairs],
            started=now(),
            user=_user(),
            host=socket.gethostname()[:255],
            pid=os.getpid(),
            version=migration_tools.__version__,
            command=self._occasion.command,
            app=self._occasion.target.app or "",
            migration=self._occasion.target.migration or "",
            direction=_direction(backwards),
            fingerprint=fingerprint,
            undo_of=self._occasion.undo_of,
        )

    def step_started(self, migration: Migration, *, backwards: bool, fake: bool) -> None:
        whole = self._connection.features.can_rollback_ddl and migration.atomic
        self.step = WatchedStep(
            migration,
            self._connection,
            backwards=backwards,
            write=None if whole or fake else self._write_operations,
            earlier=self._occasion.earlier,
        )
        self._has_editor = False
        self._started = time.monotonic()
        self._change(outcome=Outcome.RUNNING, started=now(), faked=fake, operations="")
        self._watching = contextlib.ExitStack()
        self._watching.enter_context(self.step.watching())

    def taken_by_editor(self) -> RunLog | None:
        """Itself for the first editor of a step that is running: that is the step's own."""
        if self.step is None or self._has_editor:
            return None
        self._has_editor = True
        return self

    def step_written(self) -> None:
        """Within the step's transaction where there is one: it is about to be committed."""
        self._change(outcome=Outcome.WRITTEN)

    def step_closing(self, editor: Any) -> None:
        if self.step is not None:
            self.step.closing(editor)

    def step_done(self, *, fake: bool) -> None:
        self._change(outcome=Outcome.DONE, ended=now(), seconds=self._stop_watching(), faked=fake)
        self.done_steps += 1
        self.step = None

    def done(self) -> None:
        if self.done_steps < self.planned_steps:  # a plain `migrate` within a step tells nobody
            applied = MigrationRecorder(self._connection).applied_migrations()
            self._journal.settle(self.number or 0, applied.keys())
        self._end(Outcome.DONE, "")

    def stopped(self, error: BaseException) -> None:
        """As far as it can still be written: the connection may be what has failed."""
        outcome = Outcome.INTERRUPTED if isinstance(error, KeyboardInterrupt) else Outcome.FAILED
        seconds = self._stop_watching() if self.step is not None else None
        with contextlib.suppress(django.db.Error):
            self._connection.close_if_unusable_or_obsolete()
            self.is_step_written = self._is_written()
            if self.step is not None and not self.is_step_written:
                self.step.failed()
                self._change(outcome=outcome, ended=now(), seconds=seconds)
                self.step.write()
            self._end(outcome, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])

    def _is_written(self) -> bool:
        if self.number is None or self.position is None:
            return False
        step = self._journal.step(self.number, self.position)
        return step is not None and step.outcome is Outcome.WRITTEN

    def _stop_watching(self) -> float:
        if self._watching is not None:
            self._watching.close()
            self._watching = None
        return time.monotonic() - self._started

    def _write_operations(self) -> None:
        if self.step is not None:
            self._change(operations=dumped(self.step.notes))

    def _change(self, **values: Any) -> None:
        if self.number is not None and self.position is not None:
            self._journal.change_step(self.number, self.position, **values)

    def _end(self, outcome: Outcome, error: str) -> None:
        if self.number is not None:
            self._journal.change_run(self.number, outcome=outcome, ended=now(), error=error)


def _key(migration: Migration) -> tuple[str, str]:
    return migration.app_label, migration.name


def _direction(backwards: bool) -> str:
    return (Direction.BACKWARDS if backwards else Direction.FORWARDS).value


def _about(migration: Migration, backwards: bool, fake: bool) -> dict[str, Any]:
    source = source_of(migration)
    return {
        "app": migration.app_label,
        "name": migration.name,
        "direction": _direction(backwards),
        "faked": fake,
        "source": source,
        "source_hash": source_hash(source),
        "operations": "",
    }


def _user() -> str:
    try:
        return getpass.getuser()[:255]
    except (ImportError, KeyError, OSError):  # a container's user without a name
        return str(os.getuid()) if hasattr(os, "getuid") else ""
