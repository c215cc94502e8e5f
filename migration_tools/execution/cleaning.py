"""The SQL that takes back the operations which a step that stopped has left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.operations import SeparateDatabaseAndState

from migration_tools.archives.catalogue import Catalogue, State
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
    kept = _kept(half, connection)
    numbered = list(enumerate(zip(done, steps, strict=False)))
    for number, (is_done, (operation, before, after)) in reversed(numbered):
        if is_done and number in kept:
            lines += kept[number]
        elif is_done:
            lines += _of_one(operation, migration.app_label, before, after, half, connection)
    return lines


def _kept(half: HalfDone, connection: BaseDatabaseWrapper) -> dict[int, list[str]]:
    """By operation: what has gone into an archive or come out of one is not taken back by SQL,
    which would make it empty, or drop it with its values."""
    told: dict[int, list[str]] = {}
    step = [half.step.run, half.step.position]
    for archive in Catalogue(connection).find(app=half.step.app, name=half.step.name):
        taken, returned = (archive.details.get(by, ()) for by in ("taken_by", "returned_by"))
        what = f"{archive.table}.{archive.column}" if archive.column else archive.table
        if archive.is_holding and taken[:2] == step:
            line = f"-- {what} is kept:  manage.py migration_archives restore {archive.number}"
            told.setdefault(taken[2], []).append(line)
        elif archive.state is State.RETURNED and returned[:2] == step:
            line = f"-- {what} came back from archive {archive.number}: dropped, it would be lost"
            told.setdefault(returned[2], []).append(line)
    return told


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
