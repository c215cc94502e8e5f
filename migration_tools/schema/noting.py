"""Notes every statement that reaches the cursor, and which operation sent it."""

from __future__ import annotations

import contextlib
import datetime
import re
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.analysis import effects as fx
from migration_tools.analysis.python_code import name_of, python_noted, source_of
from migration_tools.backends import for_connection
from migration_tools.backends.touches import Touch, watch_of
from migration_tools.plan import Direction, Step
from migration_tools.schema.defaults import known_default
from migration_tools.schema.statements import Statement, StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Sent by Django to look at the schema, or to open and close what `in_transaction` tells.
NOT_TOLD = re.compile(
    r"\s*(SELECT|SHOW|EXPLAIN|DESCRIBE|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b|\s*PRAGMA[^=]*$",
    re.I,
)
DATE = re.compile(r"\d{4}-\d\d-\d\d\b")
HISTORY = MigrationRecorder.Migration._meta.db_table


class Notes:
    """Steps as they run; ``progress`` is for an executor to call.

    ``stable``: a default that is another one at each call is replaced, so that the statements
    are the same in every run.
    """

    def __init__(self, connection: BaseDatabaseWrapper, *, stable: bool = False) -> None:
        self.connection = connection
        self.stable = stable
        self.backend = for_connection(connection)
        self.watch = watch_of(connection)
        self.steps: list[StepSQL] = []
        self.step: Step | None = None
        self.statements: list[Statement] = []
        self.operation: int | None = None
        self.in_transaction = False
        self.sent_by_editor = 0

    # --- steps ------------------------------------------------------------------------------

    def progress(self, action: str, migration: Any = None, fake: bool = False) -> None:
        if migration is None:
            return
        if action.endswith("_start"):
            backwards = action.startswith("unapply")
            direction = Direction.BACKWARDS if backwards else Direction.FORWARDS
            self.step = Step(app=migration.app_label, name=migration.name, direction=direction)
            self.statements = []
            for index, operation in enumerate(migration.operations):
                self._follow(operation, index)
        else:
            self.close()

    def close(self, error: str = "") -> None:
        if self.step is not None:
            told = StepSQL(step=self.step, statements=tuple(self.statements), error=error)
            self.steps.append(told)
        self.step = None

    def _follow(self, operation: Operation, index: int) -> None:
        """Its methods, so that it is known which operation is running."""
        for name in ("database_forwards", "database_backwards"):
            method = getattr(operation, name)

            def run(*args: Any, method: Any = method, **kwargs: Any) -> None:
                with self.running(index):
                    method(*args, **kwargs)

            setattr(operation, name, run)

    @contextlib.contextmanager
    def running(self, operation: int | None) -> Iterator[None]:
        before, self.operation = self.operation, operation
        try:
            yield
        finally:
            self.operation = before

    # --- statements -------------------------------------------------------------------------

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Everything that is sent inside is noted, and RunPython is noted instead of run."""
        self.connection.SchemaEditorClass = noting_editor(self)
        try:
            with python_noted(self.note_code), self.connection.execute_wrapper(self.note):
                yield
        finally:
            del self.connection.SchemaEditorClass

    def note_code(self, effect: fx.Effect) -> None:
        if isinstance(effect, fx.Opaque):
            where = f" ({effect.where})" if effect.where else ""
            self._add("", code=f"{effect.detail}{where}")

    def note_default(self, field: Any) -> None:
        """What is sent next has NULL in its place, or nothing."""
        code = field.default if callable(field.default) else field.get_default
        where = source_of(code)
        told = (
            f"{name_of(code)}, the default of {field.model._meta.label}.{field.name}, which looks "
            f"for rows{f' ({where})' if where else ''}; it is missing in what follows"
        )
        if not any(statement.code == told for statement in self.statements):  # asked for twice
            self._add("", code=told)

    def note(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        if self.step is None or not (self.sent_by_editor or self.is_told(str(sql))):
            return execute(sql, params, many, context)
        result, touches = self.watch.run(lambda text: execute(text, params, many, context), sql)
        for values in params if many else [params]:
            self._add(self.written_out(str(sql), values), touches=touches)
        return result

    def is_told(self, sql: str) -> bool:
        """That a step is recorded as done is not part of the step."""
        return not NOT_TOLD.match(sql) and (self.operation is not None or HISTORY not in sql)

    def _add(self, sql: str, code: str = "", touches: tuple[Touch, ...] = ()) -> None:
        self.statements.append(
            Statement(
                sql=sql.strip().removesuffix(";").rstrip(),
                operation=self.operation,
                in_transaction=self.in_transaction,
                code=code,
                touches=touches,
            )
        )

    def written_out(self, sql: str, params: Any) -> str:
        if params is None:
            return sql
        if isinstance(params, dict):
            return sql % {name: self.backend.literal(value) for name, value in params.items()}
        return sql % tuple(self.backend.literal(value) for value in params)


def noting_editor(notes: Notes) -> type:
    """A subclass of the connection's own editor which tells who sent a statement.

    Statements that wait for the end of the step (``deferred_sql``) belong to the operation that
    left them there.
    """
    base: Any = notes.connection.SchemaEditorClass

    class NotingEditor(base):  # type: ignore[misc]
        def __enter__(self) -> Any:
            super().__enter__()
            if self.atomic_migration:
                notes.in_transaction = True
                self.atomic: Any = _Transaction(self.atomic, notes)
            return self

        # A property, because one engine's editor puts a new list there after a flush.
        @property
        def deferred_sql(self) -> list[Any]:
            return self._deferred

        @deferred_sql.setter
        def deferred_sql(self, statements: list[Any]) -> None:
            self._deferred = _Deferred(notes)
            self._deferred.extend(statements)

        def effective_default(self, field: Any) -> Any:
            ask = super().effective_default
            value = known_default(notes.connection, ask, field, notes.note_default)
            if not notes.stable or value is None:
                return value
            return settled(field, value, ask(field))

        def execute(self, sql: Any, params: Any = ()) -> Any:
            owner = _owner(self.deferred_sql, sql, notes.operation)
            notes.sent_by_editor += 1
            try:
                with notes.running(owner):
                    return super().execute(sql, params)
            finally:
                notes.sent_by_editor -= 1

    return NotingEditor


def settled(field: Any, value: Any, again: Any) -> Any:
    """The same value in every run, of the same type, for a default that moves."""
    moves = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    if not moves and not callable(field.default):
        return value
    if isinstance(value, datetime.date) or (isinstance(value, str) and DATE.match(value)):
        return "2000-01-01 00:00:00" if len(str(value)) > len("2000-01-01") else "2000-01-01"
    if isinstance(value, datetime.time):
        return "00:00:00"
    if value == again:
        return value
    if isinstance(value, str):
        return re.sub(r"\w", "0", value)
    if isinstance(value, bytes):
        return bytes(len(value))
    return uuid.UUID(int=0) if isinstance(value, uuid.UUID) else value


class _Transaction:
    def __init__(self, atomic: Any, notes: Notes) -> None:
        self.atomic, self.notes = atomic, notes

    def __exit__(self, *error: Any) -> None:
        self.notes.in_transaction = False
        self.atomic.__exit__(*error)


class _Deferred(list[Any]):
    """The editor's list; it remembers which operation left what."""

    def __init__(self, notes: Notes) -> None:
        super().__init__()
        self.notes = notes
        self.owners: dict[int, tuple[Any, int | None]] = {}

    def append(self, statement: Any) -> None:
        # The statement is kept as well: its id() must not be given to another one.
        self.owners[id(statement)] = statement, self.notes.operation
        super().append(statement)

    def extend(self, statements: Any) -> None:
        for statement in statements:
            self.append(statement)


def _owner(deferred: list[Any], sql: Any, running: int | None) -> int | None:
    owners = getattr(deferred, "owners", {})
    return owners[id(sql)][1] if id(sql) in owners else running
