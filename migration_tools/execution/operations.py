"""Which operation of a step is running: known in memory always, and on paper where it must be.

Where an engine keeps each statement that has run (no transaction round DDL, or ``atomic = False``),
a step that stops has done some of its operations, and nobody else remembers which.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

LOCKS_TABLES = re.compile(r"\s*(UN)?LOCK\s+TABLES?\b", re.IGNORECASE)
CHANGES_SCHEMA = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)


class Progress(enum.StrEnum):
    PLANNED = "not started"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


@dataclass(slots=True, kw_only=True)
class OperationState:
    """``statements``: those that change the schema, in order; the last one may not have run."""

    text: str
    progress: Progress = Progress.PLANNED
    statements: list[str] = field(default_factory=list)


def dumped(operations: list[OperationState]) -> str:
    return json.dumps(
        [
            {"text": each.text, "progress": each.progress.value, "statements": each.statements}
            for each in operations
        ]
    )


def loaded(text: str) -> list[OperationState]:
    return [
        OperationState(
            text=each["text"],
            progress=Progress(each["progress"]),
            statements=list(each["statements"]),
        )
        for each in json.loads(text or "[]")
    ]


def described(operation: Operation) -> str:
    try:
        return str(operation.describe())
    except Exception:  # a third party's; its words are not worth a failed step
        return type(operation).__name__


class WatchedStep:
    """The operations of one step while it runs, in the order in which they do.

    ``write`` is called before and after each one, and before each statement that changes the
    schema. ``skip``: how many from the start are done already, by a run that stopped.
    """

    def __init__(
        self,
        migration: Migration,
        *,
        backwards: bool,
        write: Callable[[], None] | None = None,
        skip: int = 0,
    ) -> None:
        self.migration = migration
        self.backwards = backwards
        self.write = write or (lambda: None)
        self._in_order = list(migration.operations)
        if backwards:
            self._in_order.reverse()
        self.states = [OperationState(text=described(each)) for each in self._in_order]
        for state in self.states[:skip]:
            state.progress = Progress.DONE
        self._current: OperationState | None = None
        self._tables_locked = False

    @contextlib.contextmanager
    def watching(self, connection: BaseDatabaseWrapper) -> Iterator[None]:
        # The operations are shared in the process: what is put on them is taken off again. An
        # attribute of the object goes before the method of its class.
        name = "database_backwards" if self.backwards else "database_forwards"
        for operation, state in zip(self._in_order, self.states, strict=True):
            original = getattr(operation, name)
            setattr(operation, name, functools.partial(self._run, state, original))
        try:
            with connection.execute_wrapper(self._note):
                yield
        finally:
            for operation in self._in_order:
                vars(operation).pop(name, None)

    def _run(self, state: OperationState, original: Callable[..., Any], *args: Any) -> None:
        if state.progress is Progress.DONE:
            return
        self._current, state.progress = state, Progress.RUNNING
        self.write()
        original(*args)
        state.progress = Progress.DONE
        self._current = None
        self.write()

    def _note(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        text = str(sql)
        if lock := LOCKS_TABLES.match(text):
            # Until they are freed, no other table can be written on some engines.
            self._tables_locked = lock[1] is None
        elif self._current is not None and CHANGES_SCHEMA.match(text):
            self._current.statements.append(text)
            if not self._tables_locked:
                self.write()
        return execute(sql, params, many, context)

    def failed(self) -> None:
        if self._current is not None:
            self._current.progress = Progress.FAILED
