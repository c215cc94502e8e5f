"""Each migration of a history, applied to a shadow and taken back from it at once.

What taking it back sends depends on nothing that comes after it. Where the engine can, the way back
is rolled back; where it cannot, the migration is applied once more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration

from migration_tools.plan import Step
from migration_tools.schema.noting import Notes
from migration_tools.schema.running import Start, build, callback, told
from migration_tools.schema.small_states import applied_small
from migration_tools.schema.statements import StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def run_both_ways(
    connection: BaseDatabaseWrapper, start: Start, steps: Sequence[Step], *, small: bool = False
) -> tuple[StepSQL, ...]:
    """``steps`` forwards, from nothing; each that has a way back is followed by it.

    A step that breaks down is the last one, but for ways back that could be rolled back.
    """
    build(connection, start)
    notes = Notes(connection)
    executor = MigrationExecutor(connection, callback(notes))
    migrations = [executor.loader.graph.nodes[step.app, step.name] for step in steps]
    state: Any = (
        applied_small(executor, migrations) if small else executor.loader.project_state([]).clone()
    )
    with notes.taken():
        for migration in migrations:
            before = state.clone()
            try:
                state = _applied(executor, state, migration, small=small)
                if all(operation.reversible for operation in migration.operations):
                    _take_back(connection, executor, before, migration, notes, small=small)
            except Exception as error:  # whatever an operation or the engine raises
                notes.close(told(error))
                break
    return tuple(notes.steps)


def _applied(executor: MigrationExecutor, state: Any, migration: Migration, *, small: bool) -> Any:
    if not small:
        state.apps  # noqa: B018  (rendered once here, as Django does, and kept up to date from then on)
    return executor.apply_migration(state, migration)


def _take_back(
    connection: BaseDatabaseWrapper,
    executor: MigrationExecutor,
    before: Any,
    migration: Migration,
    notes: Notes,
    *,
    small: bool,
) -> None:
    if not (connection.features.can_rollback_ddl and migration.atomic):
        executor.unapply_migration(before.clone(), migration)
        known = len(notes.steps)
        _applied(executor, before, migration, small=small)
        del notes.steps[known:]
        return
    with rolled_back(connection):
        try:
            executor.unapply_migration(before, migration)
        except Exception as error:  # it ends this way back, and no other
            notes.close(told(error))


@contextlib.contextmanager
def rolled_back(connection: BaseDatabaseWrapper) -> Iterator[None]:
    # Keys are not to be checked from before on: inside a transaction one engine cannot be told so.
    with connection.constraint_checks_disabled(), transaction.atomic(using=connection.alias):
        yield
        transaction.set_rollback(True, using=connection.alias)
