"""What runs in the process of the shadow: it builds a schema there, then takes the plan's steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db import router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from migration_tools.analysis.python_code import python_noted
from migration_tools.plan import Key, Step
from migration_tools.schema.code import guarded, sends_sql
from migration_tools.schema.defaults import without_rows
from migration_tools.schema.noting import Notes
from migration_tools.schema.small_states import applied_small
from migration_tools.schema.statements import Source, StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How an empty shadow becomes what the plan starts from.

    CLONE: ``script`` makes the schema of today. REPLAY: the migrations in ``recorded`` are run, of
    their Python code what sends SQL of its own. MODELS: the tables of the models as ``recorded``
    leaves them.
    ``recorded`` holds what a squashed migration replaces beside it, as the table of Django does.
    """

    way: Source
    recorded: tuple[Key, ...]
    script: tuple[str, ...] = ()


def run_plan(
    connection: BaseDatabaseWrapper, start: Start, steps: Sequence[Step], *, small: bool = False
) -> tuple[StepSQL, ...]:
    """``small``: an operation sees only the models that it is known to need."""
    build(connection, start)
    return take_steps(connection, steps, small=small)


def build(connection: BaseDatabaseWrapper, start: Start) -> None:
    if start.way is Source.REPLAY:
        with without_rows(connection):
            _replay(connection, start.recorded)
        return
    with connection.cursor() as cursor, connection.constraint_checks_disabled():
        for statement in start.script:
            cursor.execute(statement)
    if start.recorded:
        _record(connection, start.recorded)
    if start.way is Source.MODELS:
        with without_rows(connection):
            _create_models(connection)


def _record(connection: BaseDatabaseWrapper, recorded: Sequence[Key]) -> None:
    recorder = MigrationRecorder(connection)
    recorder.ensure_schema()
    recorder.Migration.objects.using(connection.alias).bulk_create(
        recorder.Migration(app=app, name=name) for app, name in recorded
    )


def _replay(connection: BaseDatabaseWrapper, recorded: Sequence[Key]) -> None:
    """``recorded`` decides which squashed migrations are taken, so it is there while planning."""
    replaces = {key: m.replaces for key, m in MigrationLoader(None).disk_migrations.items()}
    rows = {*recorded, *(part for key in recorded for part in replaces.get(key, ()))}
    _record(connection, sorted(rows))
    executor = MigrationExecutor(connection)
    loader: Any = executor.loader
    full = executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)
    applied = loader.applied_migrations
    plan = [(m, backwards) for m, backwards in full if (m.app_label, m.name) in applied]
    executor.recorder.migration_qs.all().delete()
    loader.applied_migrations = {}
    with python_noted(lambda effect: None, run=sends_sql), guarded(connection):
        executor.migrate([], plan=plan)


def applied_state(connection: BaseDatabaseWrapper) -> ProjectState:
    """What the recorded migrations make of the models, whatever is missing between them."""
    executor = MigrationExecutor(connection)
    full = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    state = executor.loader.project_state([])
    for migration, _ in full:
        if (migration.app_label, migration.name) in executor.loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return state


def _create_models(connection: BaseDatabaseWrapper) -> None:
    state = applied_state(connection)
    with connection.schema_editor() as editor:
        for model in state.apps.get_models():
            if model._meta.can_migrate(connection) and router.allow_migrate_model(
                connection.alias, model
            ):
                editor.create_model(model)
        # A unique constraint that the engine cannot make leaves one behind.
        editor.deferred_sql = [sql for sql in editor.deferred_sql if sql is not None]


def take_steps(
    connection: BaseDatabaseWrapper, steps: Sequence[Step], *, small: bool = False
) -> tuple[StepSQL, ...]:
    """Run them as `migrate` would; a step that breaks down is the last one."""
    notes = Notes(connection)
    executor = MigrationExecutor(connection, callback(notes))
    nodes = executor.loader.graph.nodes
    plan = [(nodes[step.app, step.name], step.is_backwards) for step in steps]
    if not plan:
        return ()
    # Backwards Django makes its states itself.
    is_small = small and not any(step.is_backwards for step in steps)
    state = applied_small(executor, [migration for migration, _ in plan]) if is_small else None
    try:
        with notes.taken():
            executor.migrate([], plan=plan, state=state)
    except Exception as error:  # whatever an operation or the engine raises
        notes.close(told(error))
    return tuple(notes.steps)


def callback(notes: Notes) -> Any:
    """Django calls it with one argument or with three."""
    return cast(Any, notes.progress)


def told(error: Exception) -> str:
    """In one line, and the same in every run: without the addresses of objects."""
    text = re.sub(r" at 0x[0-9a-f]+", "", str(error))
    return " ".join(f"{type(error).__name__}: {text}".split())
