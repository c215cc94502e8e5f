"""The SQL that takes back the operations which a step that stopped has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.operations import SeparateDatabaseAndState

from migration_tools.backends import for_connection
from migration_tools.execution.notes import Progress
from migration_tools.execution.recovery import HalfDone
from migration_tools.plan import executor_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration


def clean_up(half: HalfDone, connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """In the order in which it has to be run; what cannot be said as SQL is a comment.

    Nothing is written to find it out. Where the names on the database cannot be read any more in
    the state between, the statements that were run are all that can be shown.
    """
    lines: list[str] = []
    for notes in half.notes:
        if notes.progress is not Progress.DONE and notes.finished:
            lines += [f"-- {notes.text}: this has run, and has to be taken back by hand"]
            lines += [f"--   {statement.sql}" for statement in notes.statements[: notes.finished]]
    migration = executor_of(connection).loader.disk_migrations.get(half.step.key)
    if migration is None:
        return tuple(lines)
    try:
        with for_connection(connection).read_only():
            lines += _inverse(half, migration, connection)
    except Exception as error:  # Django's own, where the tables are not what it expects
        lines.append(f"-- the rest cannot be said in SQL: {type(error).__name__}: {error}")
    return tuple(lines)


def _inverse(half: HalfDone, migration: Migration, connection: BaseDatabaseWrapper) -> list[str]:
    loader = executor_of(connection).loader
    state = loader.project_state(half.step.key, at_end=False)
    states, operations = [state], list(migration.operations)
    for operation in operations:
        state = state.clone()
        operation.state_forwards(migration.app_label, state)
        states.append(state)
    steps = list(zip(operations, states, states[1:], strict=False))
    if half.step.is_backwards:
        steps.reverse()
    lines: list[str] = []
    done = [n.progress is Progress.DONE for n in half.notes if not n.closing]
    for is_done, (operation, before, after) in reversed(list(zip(done, steps, strict=False))):
        if is_done:
            lines += _of_one(operation, migration.app_label, before, after, half, connection)
    return lines


def _of_one(
    operation: Any, app: str, before: Any, after: Any, half: HalfDone, connection: Any
) -> list[str]:
    if not operation.reduces_to_sql or isinstance(operation, SeparateDatabaseAndState):
        return [f"-- {operation.describe()}: Python code, to be taken back by hand"]
    if not operation.reversible and not half.step.is_backwards:
        return [f"-- {operation.describe()}: irreversible"]
    editor_class = type(connection).SchemaEditorClass
    editor = editor_class(connection, collect_sql=True, atomic=False)
    editor.deferred_sql = []
    if half.step.is_backwards:
        operation.database_forwards(app, editor, before, after)
    else:
        operation.database_backwards(app, editor, after, before)
    collected = [*editor.collected_sql, *(f"{statement};" for statement in editor.deferred_sql)]
    return [str(line) for line in collected if not str(line).startswith("--")]
