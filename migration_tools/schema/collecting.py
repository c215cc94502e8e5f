"""Where no shadow can be made: what Django's editor says it would send, a step at a time.

The names of constraints that an earlier step makes are not resolved, and an operation may need one;
then it says so instead. It runs in a process whose only database is the real one in a session that
the engine lets read only, so that no statement of an operation's own can write.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from migration_tools.analysis import effects as fx
from migration_tools.analysis.python_code import python_noted
from migration_tools.plan import Key, Step
from migration_tools.schema.statements import Statement, StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Run = tuple[int, Any, ProjectState, ProjectState]


def collect(
    connection: BaseDatabaseWrapper, applied: Sequence[Key], steps: Sequence[Step]
) -> tuple[StepSQL, ...]:
    executor = MigrationExecutor(connection)
    full = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    wanted = {(step.app, step.name): step for step in steps}
    backwards = any(step.is_backwards for step in steps)
    state = executor.loader.project_state([]).clone()
    runs: list[tuple[Step, Migration, list[Run]]] = []
    for migration, _ in full:
        key = (migration.app_label, migration.name)
        if key in wanted:
            runs.append((wanted[key], migration, _runs(migration, state)))
        elif key in applied:
            migration.mutate_state(state, preserve=False)
    told = {step: _collected(connection, migration, step, run) for step, migration, run in runs}
    order = steps if backwards else [step for step, _, _ in runs]
    return tuple(told[step] for step in order)


def _runs(migration: Migration, state: ProjectState) -> list[Run]:
    runs = []
    for index, operation in enumerate(migration.operations):
        before = state.clone()
        operation.state_forwards(migration.app_label, state)
        runs.append((index, operation, before, state.clone()))
    return runs


def _collected(
    connection: BaseDatabaseWrapper, migration: Migration, step: Step, runs: list[Run]
) -> StepSQL:
    editor: Any = connection.SchemaEditorClass(connection, collect_sql=True, atomic=False)
    editor.deferred_sql = []
    statements: list[Statement] = []
    in_transaction = bool(migration.atomic and connection.features.can_rollback_ddl)
    errors: list[str] = []
    for index, operation, before, after in reversed(runs) if step.is_backwards else runs:
        code: list[fx.Effect] = []
        try:
            with python_noted(code.append):
                if step.is_backwards:
                    operation.database_backwards(migration.app_label, editor, after, before)
                else:
                    operation.database_forwards(migration.app_label, editor, before, after)
        except Exception as error:  # whatever an operation meets on another schema
            told = " ".join(f"{type(error).__name__}: {error}".split())
            errors.append(f"{operation.describe()} cannot be collected ({told})")
        statements += [
            Statement(sql="", operation=index, code=effect.detail)
            for effect in code
            if isinstance(effect, fx.Opaque)
        ]
        statements += _taken(editor, index, in_transaction)
    for sql in editor.deferred_sql:
        editor.execute(sql, None)
    statements += _taken(editor, None, in_transaction)
    return StepSQL(step=step, statements=tuple(statements), error="; ".join(errors))


def _taken(editor: Any, index: int | None, in_transaction: bool) -> list[Statement]:
    texts, editor.collected_sql = editor.collected_sql, []
    return [
        Statement(
            sql=text.strip().removesuffix(";"), operation=index, in_transaction=in_transaction
        )
        for text in texts
    ]
