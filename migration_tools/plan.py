"""Turns a target into the plan that ``migrate`` would run, from the same inputs."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import django.db
from django.apps import apps
from django.db.migrations.exceptions import (
    AmbiguityError,
    BadMigrationError,
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.migration import Migration

from migration_tools.exceptions import HistoryError, TargetError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Key = tuple[str, str]

AS_IF = (
    "Planned as if {target.app} were at {target.start}, which this database is not: what is "
    "counted is of the database as it is, and whether tables and columns are there is not judged."
)


class Direction(enum.StrEnum):
    FORWARDS = "forwards"
    BACKWARDS = "backwards"

    @property
    def opposite(self) -> Direction:
        return Direction.FORWARDS if self is Direction.BACKWARDS else Direction.BACKWARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One migration of a plan, with its direction."""

    app: str
    name: str
    direction: Direction

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def is_backwards(self) -> bool:
        return self.direction is Direction.BACKWARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where somebody wants the database to be, as `migrate` takes it on its command line.

    ``start``: plan as if ``app`` were at this migration ("zero" for none of it) and everything
    else at its newest, instead of asking the database.
    """

    app: str | None = None
    migration: str | None = None
    start: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps from what is applied to the target, and the history they are read in."""

    target: Target
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    #: Django's own objects: the steps' migrations, and every migration of the graph in the order
    #: in which Django builds its states.
    migrations: tuple[Migration, ...] = field(compare=False, repr=False, default=())
    history: tuple[Migration, ...] = field(compare=False, repr=False, default=())
    applied: frozenset[Key] = field(compare=False, repr=False, default=frozenset())
    unmigrated_apps: frozenset[str] = field(compare=False, repr=False, default=frozenset())
    graph: MigrationGraph | None = field(compare=False, repr=False, default=None)
    #: Every migration that has a file; a name on a command line is completed from these.
    files: frozenset[Key] = field(compare=False, repr=False, default=frozenset())

    @property
    def is_of_today(self) -> bool:
        """Whether it starts where its database is, as far as that was asked."""
        return AS_IF.format(target=self.target) not in self.notes

    @property
    def is_backwards(self) -> bool:
        return any(step.is_backwards for step in self.steps)


def make_plan(
    target: Target, connection: BaseDatabaseWrapper | None, *, assume_applied: bool = False
) -> Plan:
    """Plan for ``target``. Raises TargetError or HistoryError.

    Without a connection nothing is applied; with ``assume_applied`` everything is, as far as the
    files tell, so that a target in an app is a way back to it.
    """
    executor = executor_of(connection)
    recorded = executor.loader.applied_migrations.keys() & executor.loader.graph.nodes.keys()
    if target.start is not None or assume_applied:
        _assume(executor, target)
    keys = _target_keys(executor, target)
    plan = plan_of_pairs(executor, executor.migration_plan(keys), target)
    if connection is None or plan.applied == recorded:
        return plan
    return replace(plan, notes=(*plan.notes, AS_IF.format(target=target)))


def plan_of_run(
    pairs: list[tuple[Migration, bool]], connection: BaseDatabaseWrapper, target: Target
) -> Plan:
    """The plan of a run of `migrate` that has announced itself with these pairs."""
    keys = [(migration.app_label, migration.name) for migration, _ in pairs]
    return plan_of_pairs(executor_of(connection, keys=keys), pairs, target)


def plan_of_pairs(
    executor: MigrationExecutor, pairs: list[tuple[Migration, bool]], target: Target
) -> Plan:
    """The plan that ``executor`` would run as these pairs."""
    loader = executor.loader
    full = executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)
    # pre_migrate receivers put operations into the migrations of the run's own loader.
    announced = {(migration.app_label, migration.name): migration for migration, _ in pairs}
    return Plan(
        target=target,
        steps=_steps(pairs),
        notes=tuple(_notes(executor)),
        migrations=tuple(migration for migration, _ in pairs),
        history=tuple(announced.get((m.app_label, m.name), m) for m, _ in full),
        applied=frozenset(key for key in loader.applied_migrations if key in loader.graph.nodes),
        unmigrated_apps=frozenset(loader.unmigrated_apps),
        graph=loader.graph,
        files=frozenset(loader.disk_migrations),
    )


def steps_to(plan: Plan, app: str, name: str | None) -> tuple[Step, ...]:
    """What Django would plan for another target (None: zero) from where ``plan`` starts."""
    # The executor asks its loader for no more than this (read in 5.2, 6.0, 6.1).
    loader = SimpleNamespace(
        graph=plan.graph, applied_migrations=dict.fromkeys(plan.applied), replace_migrations=False
    )
    planner: Any = SimpleNamespace(loader=loader)
    return _steps(MigrationExecutor.migration_plan(planner, [(app, name)]))


def _steps(pairs: list[tuple[Migration, bool]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            app=migration.app_label,
            name=migration.name,
            direction=Direction.BACKWARDS if backwards else Direction.FORWARDS,
        )
        for migration, backwards in pairs
    )


def executor_of(
    connection: BaseDatabaseWrapper | None,
    follow: Callable[..., None] | None = None,
    *,
    keys: Iterable[Key] = (),
) -> MigrationExecutor:
    """Raises HistoryError. ``follow``: Django's progress callback. ``keys``: migrations that the
    graph must have if there is a file, also in the place of a squashed one that replaces them."""
    try:
        executor = MigrationExecutor(connection, follow)
        loader: Any = executor.loader  # the stubs lack replace_migrations
        if any(key not in loader.graph.nodes for key in keys):
            # As the executor does for such a target.
            loader.replace_migrations = False
            loader.build_graph()
        return executor
    except django.db.Error:
        raise
    except Exception as error:  # whatever a migration file raises while it is imported
        raise HistoryError(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """Why no plan could be made, in one line: the history, or the file that does not import."""
    if isinstance(error, BadMigrationError | NodeNotFoundError | InconsistentMigrationHistory):
        return str(error)
    if isinstance(error, CircularDependencyError):
        return f"These migrations depend on one another in a circle: {error}"
    where = ""
    if isinstance(error, SyntaxError) and error.filename:
        where = f"{error.filename}:{error.lineno}"
    traceback = error.__traceback__
    while traceback is not None and not isinstance(error, SyntaxError):
        filename = traceback.tb_frame.f_code.co_filename
        if Path(filename).parent.name == "migrations" and "django/db" not in filename:
            where = f"{filename}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    told = " ".join(f"{type(error).__name__}: {error}".split())
    if not where:
        return f"The migrations cannot be loaded: {told}"
    return f"A migration file cannot be imported ({where}): {told}"


def _target_keys(executor: MigrationExecutor, target: Target) -> list[tuple[str, str | None]]:
    """As `migrate` reads its arguments, in its own words (5.2 to 6.1)."""
    loader = executor.loader
    if not target.app:
        return list(loader.graph.leaf_nodes())
    check_app(executor, target.app)
    if not target.migration:
        return [key for key in loader.graph.leaf_nodes() if key[0] == target.app]
    if target.migration == "zero":
        return [(target.app, None)]
    key = (target.app, _find(executor, target.app, target.migration))
    if key not in loader.graph.nodes and key in loader.replacements:
        # A squashed migration of which only some are applied is not in the graph.
        return [loader.replacements[key].replaces[-1]]
    return [key]


def key_of(executor: MigrationExecutor, label: str, prefix: str) -> Key:
    """The migration of ``label`` whose name begins so. Raises TargetError."""
    check_app(executor, label)
    return label, _find(executor, label, prefix)


def check_app(executor: MigrationExecutor, label: str) -> None:
    try:
        apps.get_app_config(label)
    except LookupError as error:
        raise TargetError(str(error)) from error
    if label not in executor.loader.migrated_apps:
        raise TargetError(f"App '{label}' does not have migrations.")


def _find(executor: MigrationExecutor, label: str, prefix: str) -> str:
    hint = f"List them:  manage.py showmigrations {label}"
    try:
        return str(executor.loader.get_migration_by_prefix(label, prefix).name)
    except AmbiguityError as error:
        raise TargetError(
            f"More than one migration matches '{prefix}' in app '{label}'. "
            "Please be more specific.",
            hint=hint,
        ) from error
    except KeyError as error:
        raise TargetError(
            f"Cannot find a migration matching '{prefix}' from app '{label}'.", hint=hint
        ) from error


def _assume(executor: MigrationExecutor, target: Target) -> None:
    """Take everything as applied, but for what came after ``target.start`` in its app."""
    loader = executor.loader
    everything = {
        key: node for key, node in loader.graph.nodes.items() if key in loader.disk_migrations
    }
    loader.applied_migrations = dict(everything)
    if target.start is None or target.app is None:
        return
    check_app(executor, target.app)
    start = None if target.start == "zero" else _find(executor, target.app, target.start)
    for migration, _ in executor.migration_plan([(target.app, start)]):
        everything.pop((migration.app_label, migration.name), None)
    loader.applied_migrations = everything


def _notes(executor: MigrationExecutor) -> list[str]:
    """What is odd about this history, and would make `migrate` itself stop or mislead."""
    loader = executor.loader
    notes = []
    for app, names in sorted(loader.detect_conflicts().items()):
        notes.append(
            f"Conflicting migrations in {app}: {', '.join(sorted(names))}. `migrate` refuses this; "
            "run makemigrations --merge."
        )
    try:
        if executor.connection is not None:
            loader.check_consistent_history(executor.connection)
    except InconsistentMigrationHistory as error:
        notes.append(f"Inconsistent history: {error} `migrate` refuses this.")
    ghosts = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if (app, name) not in loader.disk_migrations
        and (app in loader.migrated_apps or app in loader.unmigrated_apps)
        and not _is_replaced(loader, (app, name))
    )
    if ghosts:
        notes.append(
            f"Applied, but without a file: {', '.join(ghosts)}. What they did is not in this plan."
        )
    return notes


def _is_replaced(loader: object, key: Key) -> bool:
    return any(key in squash.replaces for squash in loader.replacements.values())  # type: ignore[attr-defined]
