"""Which operation of a step is running: known in memory always, and on paper where it must be.

Where an engine keeps each statement that has run (no transaction round DDL, or ``atomic = False``),
a step that stops has done some of its operations, and nobody else remembers which.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import django.db

from migration_tools.analysis.sources import source_hash, source_of
from migration_tools.backends import for_connection
from migration_tools.exceptions import Refused
from migration_tools.execution.notes import OperationNotes, Progress, Statement

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

LOCKS_TABLES = re.compile(r"\s*(UN)?LOCK\s+TABLES?\b", re.IGNORECASE)
CHANGES_SCHEMA = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)
CHANGES_ROWS = re.compile(
    r"\s*((INSERT|UPDATE|DELETE|REPLACE|MERGE|LOAD|COPY)\b"
    r"|WITH\b.*\b(INSERT|UPDATE|DELETE|MERGE)\b)",
    re.IGNORECASE | re.DOTALL,
)
#: What an editor does before it forbids NULL; done twice it does no more than done once.
FILLS_NULLS = re.compile(r"\s*UPDATE\s.+\sSET\s.+\sWHERE\s.+\sIS\s+NULL\s*;?\s*$", re.IGNORECASE)
#: What an editor does only if it finds what is to be dropped: begun anew, it does not.
DROPS_WHAT_IS_FOUND = re.compile(
    r"\s*(ALTER\s+TABLE\s+\S+\s+DROP\s+(FOREIGN\s+KEY|CONSTRAINT|INDEX|CHECK|PRIMARY\s+KEY)\b"
    r"|DROP\s+INDEX\s)",
    re.IGNORECASE,
)
#: What it does before such a drop, if there is no other index for a foreign key.
MAKES_WHAT_IS_MISSING = re.compile(r"\s*CREATE\s+INDEX\s", re.IGNORECASE)
#: Tables of this app: what is written there is no work of the operation's own.
OWN_TABLES = re.compile(
    r"\bmigration_tools_|\s*(CREATE TABLE|DROP TABLE IF EXISTS|ALTER TABLE|INSERT INTO) .?_mt_\d"
)
DEFERRED = "What is left to the end of the step"


def described(operation: Operation) -> str:
    try:
        return str(operation.describe())
    except Exception:  # a third party's; its words are not worth a failed step
        return type(operation).__name__


def _depends_on_what_is_found(executed: str, *, following: str) -> bool:
    if MAKES_WHAT_IS_MISSING.match(executed):
        return DROPS_WHAT_IS_FOUND.match(following) is not None
    return DROPS_WHAT_IS_FOUND.match(executed) is not None


class WatchedStep:
    """The operations of one step while it runs, in the order in which they do.

    ``write``: called before and after each one, and before each statement that changes the schema;
    None where the step is whole or not there. ``earlier``: the notes of a run that has stopped in
    this step; what they say is done is not done again.
    """

    def __init__(
        self,
        migration: Migration,
        connection: BaseDatabaseWrapper,
        *,
        backwards: bool,
        write: Callable[[], None] | None = None,
        earlier: Sequence[OperationNotes] = (),
    ) -> None:
        self.migration = migration
        self.backwards = backwards
        self._connection = connection
        self._backend = for_connection(connection)
        self._write = write
        self._in_order = list(migration.operations)
        if backwards:
            self._in_order.reverse()
        self.notes = list(earlier) or [
            *(OperationNotes(text=described(each)) for each in self._in_order),
            OperationNotes(text=DEFERRED, closing=True),
        ]
        self._current: OperationNotes | None = None
        #: Whether the current operation has a transaction round it.
        self._is_atomic = False
        #: Statements of the current operation that an earlier run has executed.
        self._executed: list[str] = []
        #: All of them, also when they have been passed over; None where the operation begins fresh.
        self.begun_before: tuple[str, ...] | None = None
        self._tables_locked = False
        self._is_paused = False

    @contextlib.contextmanager
    def unwatched(self) -> Iterator[None]:
        """For statements of this app's own, which find out for themselves how far they have got."""
        before, self._is_paused = self._is_paused, True
        try:
            yield
        finally:
            self._is_paused = before

    @functools.cached_property
    def source(self) -> str:
        """The hash of the migration's file: asked for at each statement, worked out once."""
        return source_hash(source_of(self.migration))

    @property
    def is_whole(self) -> bool:
        """Nothing of the step stays when it stops."""
        return self._write is None

    @property
    def current(self) -> str:
        """The operation that is running, in words; empty between two of them."""
        return self._current.text if self._current else ""

    @property
    def position(self) -> int | None:
        """The number of the operation that is running."""
        return next((n for n, notes in enumerate(self.notes) if notes is self._current), None)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        # The operations are shared in the process: what is put on them is taken off again. An
        # attribute of the object goes before the method of its class.
        name = "database_backwards" if self.backwards else "database_forwards"
        for operation, notes in zip(self._in_order, self.notes, strict=False):
            original = getattr(operation, name)
            setattr(operation, name, functools.partial(self._run, notes, original))
        try:
            with self._connection.execute_wrapper(self._note):
                yield
        finally:
            for operation in self._in_order:
                vars(operation).pop(name, None)

    def _run(
        self,
        notes: OperationNotes,
        original: Callable[..., Any],
        app: str,
        editor: Any,
        *states: Any,
    ) -> None:
        if notes.progress is Progress.DONE:
            editor.deferred_sql[:] = notes.deferred
            return
        self._begin(notes)
        original(app, editor, *states)
        self._require_nothing_left()
        notes.progress, self._current = Progress.DONE, None
        if self._write is not None:
            notes.after = self._definitions()
            notes.deferred = [str(statement) for statement in editor.deferred_sql]
            self._write()

    def closing(self, editor: Any) -> None:
        """The operations are done, and the editor is about to run what was left to its end."""
        if self._write is not None and editor.deferred_sql:
            notes = self.notes[-1]
            notes.deferred = [str(statement) for statement in editor.deferred_sql]
            self._begin(notes)

    def _begin(self, notes: OperationNotes) -> None:
        self._executed = [statement.sql for statement in notes.statements[: notes.finished]]
        notes.statements = notes.statements[: notes.finished]
        stopped = notes.progress in (Progress.RUNNING, Progress.FAILED)
        self.begun_before = tuple(self._executed) if stopped else None
        self._current, notes.progress = notes, Progress.RUNNING
        self._is_atomic = self._connection.in_atomic_block
        notes.refused = False
        self.write()

    def _note(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        text = str(sql)
        own = self._is_paused or OWN_TABLES.search(text)
        if self._write is None or self._current is None or own:
            return execute(sql, params, many, context)
        if lock := LOCKS_TABLES.match(text):
            # Until they are freed, no other table can be asked or written on some engines.
            self._tables_locked = lock[1] is None
        elif CHANGES_ROWS.match(text) and not (self._current.wrote or FILLS_NULLS.match(text)):
            return self._change_rows(functools.partial(execute, sql, params, many, context))
        elif CHANGES_SCHEMA.match(text):
            return self._change_schema(text, functools.partial(execute, sql, params, many, context))
        return execute(sql, params, many, context)

    def _change_schema(self, text: str, execute: Callable[[], Any]) -> Any:
        notes = self._current
        assert notes is not None
        if self._passes_over(text):
            return None
        before = "" if self._tables_locked else self._backend.definitions(text)
        notes.statements.append(Statement(sql=text, before=before))
        if not self._tables_locked:
            self.write()
        try:
            answer = execute()
        except django.db.Error:
            # Said by a server that is still there: this statement has done nothing.
            notes.refused = self._connection.is_usable()
            raise
        notes.finished = len(notes.statements)
        return answer

    def _passes_over(self, text: str) -> bool:
        """Whether an earlier run has executed it. Raises Refused where another one was its next."""
        while self._executed:
            executed = self._executed.pop(0)
            if executed == text:
                return True
            if not _depends_on_what_is_found(executed, following=(*self._executed, text)[0]):
                self._refuse()
        return False

    def _change_rows(self, execute: Callable[[], Any]) -> Any:
        notes = self._current
        assert notes is not None
        notes.wrote = True
        if not self._tables_locked:
            self.write()
        try:
            return execute()
        except django.db.Error:
            notes.wrote = not self._connection.is_usable()
            raise

    def _require_nothing_left(self) -> None:
        for executed, following in itertools.pairwise([*self._executed, ""]):
            if not _depends_on_what_is_found(executed, following=following):
                self._refuse()
        self._executed = []

    def _refuse(self) -> None:
        raise Refused(
            f"{self.migration.app_label}.{self.migration.name} cannot be continued: "
            f"“{self.current}” would not begin as it did before it stopped.",
            hint="Finish it or take it back by hand; --status shows the statements that have run.",
        )

    def _definitions(self) -> str:
        """Of all tables that the step has named so far."""
        statements = [each.sql for notes in self.notes for each in notes.statements]
        return self._backend.definitions(*statements)

    def write(self) -> None:
        if self._write is not None:
            self._write()

    def failed(self) -> None:
        if self._current is not None:
            notes = self._current
            notes.progress = Progress.FAILED
            if self._is_atomic and self._connection.features.can_rollback_ddl:
                notes.statements, notes.finished = [], 0
            if self._is_atomic and not notes.statements:  # which would have committed the rows
                notes.wrote = False
