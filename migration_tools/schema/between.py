"""Two points of a history: the schema at each, and the statements between them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connections
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from migration_tools.analysis.python_code import python_noted
from migration_tools.backends.catalogue import catalogue_of
from migration_tools.backends.catalogue.parts import Schema
from migration_tools.backends.scratch import scratch_for
from migration_tools.exceptions import TargetError
from migration_tools.plan import Key, check_app, executor_of, key_of
from migration_tools.schema import running
from migration_tools.schema.drift import owners_of
from migration_tools.schema.isolation import run_isolated
from migration_tools.schema.noting import Notes
from migration_tools.schema.running import Start
from migration_tools.schema.shadow import recorded
from migration_tools.schema.statements import Source, StepSQL

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

APPLIED, LATEST, MODELS, ZERO = "applied", "latest", "models", "zero"
#: Ends that every app has.
ENDS = (APPLIED, LATEST, MODELS, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """``targets``: as an executor takes them; None of an app for nothing of it."""

    name: str
    targets: tuple[tuple[str, str | None], ...]
    start: Start | None = None
    models: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """``owners``: the app of each table. ``steps``: what was run on the way, in its order.

    ``note``: what limits this, for people.
    """

    app: str | None
    start: str
    end: str
    before: Schema
    after: Schema
    owners: Mapping[str, str]
    steps: tuple[StepSQL, ...]
    note: str = ""


def between(connection: BaseDatabaseWrapper, app: str | None, start: str, end: str) -> Between:
    """The database is asked only where an end is "applied". Raises TargetError."""
    executor: Any = executor_of(connection if APPLIED in (start, end) else None)
    if app is not None:
        check_app(executor, app)
    ends = [_end(executor, connection, app, name) for name in (start, end)]
    if ends[0].models:
        raise TargetError(
            "The models can only be the second end: no migration leads away from them."
        )
    scratch = scratch_for(connection)
    other = connections[connection.alias] is not connection
    with scratch.database() as settings:
        before, after, owners, steps, unread = run_isolated(
            walk, connection.alias, settings, app, ends[0], ends[1], other
        )
    return Between(
        app=app,
        start=ends[0].name,
        end=ends[1].name,
        before=before,
        after=after,
        owners=owners,
        steps=steps,
        note=" ".join(told for told in (scratch.note, _unread_note(unread)) if told),
    )


def _unread_note(unread: tuple[str, ...]) -> str:
    if not unread:
        return ""
    return f"Not read, so that what they make is not in the diff: {'; '.join(unread)}."


def _end(executor: Any, connection: BaseDatabaseWrapper, app: str | None, name: str) -> End:
    graph, applied = executor.loader.graph, executor.loader.applied_migrations
    if name == APPLIED and app is None:
        return End(name=name, targets=tuple(_newest(graph, applied)), start=_today(connection))
    labels = [app] if app is not None else sorted(executor.loader.migrated_apps)
    if name in (LATEST, MODELS):
        leaves = tuple(key for key in graph.leaf_nodes() if key[0] in labels)
        return End(name=name, targets=leaves, models=name == MODELS)
    if name == ZERO:
        return End(name=name, targets=tuple((label, None) for label in labels))
    if name == APPLIED:
        newest = [key for key in _newest(graph, applied) if key[0] in labels]
        return End(name=name, targets=tuple(newest) or tuple((label, None) for label in labels))
    if app is None:
        raise TargetError(f"'{name}' is neither an app label nor one of {', '.join(ENDS)}.")
    key = key_of(executor, app, name)
    return End(name=key[1], targets=(key,))


def _newest(graph: Any, applied: Any) -> list[Key]:
    """Of each app the applied migrations on which no applied one of it depends."""
    keys = [key for key in applied if key in graph.nodes]
    inner = {p.key for key in keys for p in graph.node_map[key].parents if p.key[0] == key[0]}
    return sorted(key for key in keys if key not in inner)


def _today(connection: BaseDatabaseWrapper) -> Start | None:
    script, _ = scratch_for(connection).clone()
    if script is None:
        return None
    return Start(way=Source.CLONE, recorded=recorded(connection), script=script)


# --- in the process of the shadow -------------------------------------------------------------

Walked = tuple[Schema, Schema, dict[str, str], tuple[StepSQL, ...], tuple[str, ...]]


def walk(
    connection: BaseDatabaseWrapper, app: str | None, first: End, last: End, other: bool = False
) -> Walked:
    """``other``: the engine is not the project's, for which the files were read."""
    if other:
        _forget_files()
    if first.start is not None:
        running.build(connection, first.start)
    else:
        _go_to_the_first(connection, app, first, last)
    catalogue = catalogue_of(connection)
    before, owners = catalogue.read(), _owners(connection)
    notes = Notes(connection, stable=True)
    executor = MigrationExecutor(connection, running.callback(notes))
    plan = executor.migration_plan(list(last.targets))
    try:
        with notes.taken():
            if plan:
                executor.migrate([], plan=plan)
            if last.models:
                _go_to_the_models(connection, app, notes)
    except Exception as error:  # whatever an operation or the engine raises
        notes.close(running.told(error))
    after, owners = catalogue.read(), owners | _owners(connection, last.models)
    return before, after, owners, tuple(notes.steps), catalogue.unread


def _forget_files() -> None:
    """Some migrations look at the engine when they are imported, and become others by it."""
    for label in {config.label for config in apps.get_app_configs()}:
        package, _ = MigrationLoader.migrations_module(label)
        for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
            spec = sys.modules[name].__spec__
            if spec is not None and spec.has_location:
                del sys.modules[name]


def _go_to_the_first(
    connection: BaseDatabaseWrapper, app: str | None, first: End, last: End
) -> None:
    """What other apps have to be there for either end is there first, and is no difference."""
    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    graph: Any = executor.loader.graph
    targets = [key for key in first.targets if key[1] is not None]
    if app is not None:
        needed = [k for t in last.targets if t[1] for k in graph.forwards_plan(t)]
        targets += [k for k in needed if all(p[0] != app for p in graph.forwards_plan(k))]
    plan = executor.migration_plan(targets)
    if plan:
        with python_noted(lambda effect: None):
            executor.migrate([], plan=plan)


def _go_to_the_models(connection: BaseDatabaseWrapper, app: str | None, notes: Notes) -> None:
    """By the migrations that `makemigrations` would write now."""
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state()
    detector = MigrationAutodetector(state, ProjectState.from_apps(apps))
    changes = detector.changes(executor.loader.graph, trim_to_apps={app} if app else None)
    for migration in (m for found in changes.values() for m in found):
        notes.progress("apply_start", migration)
        with connection.schema_editor(atomic=migration.atomic) as editor:
            state = migration.apply(state, editor)
        notes.progress("apply_success", migration)


def _owners(connection: BaseDatabaseWrapper, models: bool = False) -> dict[str, str]:
    state = ProjectState.from_apps(apps) if models else running.applied_state(connection)
    return {table: owner.app for table, owner in owners_of(state).items()}
