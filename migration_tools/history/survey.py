"""Asks one database and the files for the state of every migration; only reads."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import django.db
from django.apps import apps
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.backends import for_connection
from migration_tools.exceptions import HistoryError
from migration_tools.history import files, journalled
from migration_tools.history.problems import problems_of
from migration_tools.history.statuses import (
    AppStatus,
    Kind,
    Mark,
    MigrationStatus,
    Problem,
    State,
    Survey,
)
from migration_tools.journal import LastStep
from migration_tools.plan import Key, reason_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration


@dataclass(slots=True, kw_only=True)
class _Facts:
    """``recorded``: when, by what the database says; None if it was not asked."""

    alias: str
    recorded: dict[Key, datetime.datetime] | None
    files: dict[Key, Migration]
    parents: dict[Key, tuple[Key, ...]]
    conflicts: dict[str, list[str]]
    replaced_by: dict[Key, Key]
    last_steps: Mapping[Key, LastStep]
    archives: Mapping[Key, int]


def survey(connection: BaseDatabaseWrapper) -> Survey:
    """Raises HistoryError if a file cannot be imported; anything else becomes a problem."""
    absent = for_connection(connection).is_absent()
    recorded, error = ({}, "") if absent else _recorded(connection)
    asked = None if absent or error else connection
    loader = MigrationLoader(asked, load=False, ignore_no_migrations=True)
    broken = _build(loader)
    facts = _Facts(
        alias=connection.alias,
        recorded=recorded,
        files=dict(loader.disk_migrations),
        parents=files.parents(loader.disk_migrations),
        conflicts={} if broken else loader.detect_conflicts(),
        replaced_by={
            (app, name): key
            for key, migration in loader.disk_migrations.items()
            for app, name in migration.replaces
        },
        last_steps=journalled.last_steps(asked) if asked else {},
        archives=journalled.archives(asked) if asked else {},
    )
    statuses = _apps(facts, loader)
    problems = problems_of(statuses, connection.alias)
    if broken:
        problems = (Problem(kind=Kind.BROKEN, message=broken), *problems)
    if error:
        unreachable = Problem(
            kind=Kind.UNREACHABLE,
            message=f"The database '{connection.alias}' cannot be asked: {error}",
            remedy="What the files say is told all the same.",
        )
        problems = (unreachable, *problems)
    return Survey(
        alias=connection.alias,
        database=_database(connection, asked=recorded is not None),
        apps=statuses,
        problems=problems,
        error=error,
    )


def _recorded(
    connection: BaseDatabaseWrapper,
) -> tuple[dict[Key, datetime.datetime] | None, str]:
    try:
        rows = MigrationRecorder(connection).applied_migrations()
        return {key: row.applied for key, row in rows.items()}, ""
    except django.db.Error as error:
        return None, " ".join(str(error).split())


def _build(loader: MigrationLoader) -> str:
    """Build the graph as `migrate` would see it; returns why that cannot be done."""
    try:
        loader.build_graph()
    except (NodeNotFoundError, CircularDependencyError) as error:
        return reason_of(error)
    except ValueError as error:  # a dependency on an app that is not there
        return str(error)
    except Exception as error:  # whatever a migration file raises while it is imported
        raise HistoryError(reason_of(error)) from error
    return ""


def _database(connection: BaseDatabaseWrapper, *, asked: bool) -> str:
    backend = for_connection(connection)
    settings = connection.settings_dict
    version = f" {backend.server_version()}" if asked else ""
    host = f" at {settings['HOST']}" if settings.get("HOST") else ""
    return f"{backend.display_name}{version}, {settings.get('NAME') or ''}{host}"


def _apps(facts: _Facts, loader: MigrationLoader) -> tuple[AppStatus, ...]:
    order = files.in_order(facts.parents)
    children: dict[Key, list[Key]] = {}
    for key, parents in facts.parents.items():
        for parent in parents:
            children.setdefault(parent, []).append(key)
    by_app: dict[str, list[MigrationStatus]] = {label: [] for label in loader.migrated_apps}
    for key in order:
        by_app[key[0]].append(_status(key, facts, sorted(children.get(key, ()))))
    for ghost in _ghosts(facts):
        _insert(by_app.setdefault(ghost.app, []), ghost)
    migrated = [
        AppStatus(
            label=label,
            migrations=tuple(_with_late_ones(migrations)),
            is_installed=label in loader.migrated_apps or label in loader.unmigrated_apps,
        )
        for label, migrations in sorted(by_app.items())
    ]
    unmigrated = [
        AppStatus(label=config.label, migrations=(), is_migrated=False)
        for config in sorted(apps.get_app_configs(), key=lambda config: config.label)
        if config.label in loader.unmigrated_apps
        and config.label not in by_app
        and any(True for _ in config.get_models())
    ]
    return (*migrated, *unmigrated)


def _status(key: Key, facts: _Facts, children: list[Key]) -> MigrationStatus:
    app, name = key
    migration = facts.files[key]
    state = _state(key, facts)
    return MigrationStatus(
        app=app,
        name=name,
        state=state,
        marks=tuple(_marks(key, state, facts)),
        applied_at=(facts.recorded or {}).get(key),
        ran=journalled.ran(facts.last_steps.get(key), state),
        operations=files.described(migration),
        obstacle=files.obstacle(migration),
        dependencies=_labels(facts.parents[key]),
        dependants=_labels(children),
        replaces=_labels(map(tuple, migration.replaces)),
        replaced_by=".".join(facts.replaced_by.get(key, ())),
        file=files.file_of(migration),
        archives=facts.archives.get(key, 0),
    )


def _labels(keys: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(".".join(key) for key in keys)


def _state(key: Key, facts: _Facts) -> State:
    if facts.recorded is None:
        return State.UNKNOWN
    if key in facts.recorded:
        return State.APPLIED
    if facts.files[key].replaces:
        applied = [_is_applied(replaced, facts) for replaced in facts.files[key].replaces]
        return State.IMPLIED if all(applied) else State.PARTIAL if any(applied) else State.PENDING
    squash = facts.replaced_by.get(key)
    if squash is not None and _state(squash, facts) is not State.PARTIAL:
        return State.REPLACED
    return State.PENDING


def _is_applied(key: Key, facts: _Facts) -> bool:
    """Recorded, or a squashed migration all of whose parts are."""
    if key in (facts.recorded or {}):
        return True
    migration = facts.files.get(key)
    return bool(
        migration and migration.replaces and all(_is_applied(r, facts) for r in migration.replaces)
    )


def _marks(key: Key, state: State, facts: _Facts) -> Iterator[Mark]:
    app, name = key
    if name in facts.conflicts.get(app, ()):
        yield Mark.CONFLICT
    if state is State.APPLIED and any(not _is_met(parent, facts) for parent in facts.parents[key]):
        yield Mark.INCONSISTENT
    yield from journalled.marks(facts.last_steps.get(key), state, facts.files[key])
    if files.is_kept_away(facts.files[key], facts.alias):
        yield Mark.NO_EFFECT
    if files.makes_swapped_model(facts.files[key]):
        yield Mark.SWAPPED


def _is_met(parent: Key, facts: _Facts) -> bool:
    """Whether a dependency of something applied is applied itself, by itself or by a squash."""
    squash = facts.replaced_by.get(parent)
    return _is_applied(parent, facts) or (squash is not None and _is_applied(squash, facts))


def _ghosts(facts: _Facts) -> Iterator[MigrationStatus]:
    for (app, name), applied_at in sorted((facts.recorded or {}).items()):
        if (app, name) in facts.files:
            continue
        squash = facts.replaced_by.get((app, name))
        yield MigrationStatus(
            app=app,
            name=name,
            state=State.GHOST if squash is None else State.REPLACED,
            applied_at=applied_at,
            replaced_by=".".join(squash or ()),
            obstacle="its file is gone",
        )


def _insert(migrations: list[MigrationStatus], ghost: MigrationStatus) -> None:
    """Where its name says that it was."""
    place = next(
        (n for n, other in enumerate(migrations) if other.name > ghost.name), len(migrations)
    )
    migrations.insert(place, ghost)


def _with_late_ones(migrations: list[MigrationStatus]) -> Iterator[MigrationStatus]:
    """Mark what is pending although something that comes after it in its app is applied."""
    last = max((n for n, m in enumerate(migrations) if m.state is State.APPLIED), default=-1)
    for n, migration in enumerate(migrations):
        if n < last and migration.state is State.PENDING:
            yield replace(migration, marks=(*migration.marks, Mark.OUT_OF_ORDER))
        else:
            yield migration
