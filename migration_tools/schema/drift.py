"""Drift: the live schema against the one that the applied migrations make on the same server."""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import django.db
from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from migration_tools.analysis.nesting import flat
from migration_tools.backends import for_connection
from migration_tools.backends.catalogue import catalogue_of
from migration_tools.backends.catalogue.parts import Extra, Schema
from migration_tools.backends.scratch import scratch_for
from migration_tools.exceptions import NoShadow, ShadowError
from migration_tools.journal import Journal, LastStep
from migration_tools.plan import Key
from migration_tools.schema import running
from migration_tools.schema.causes import Causes, Owner
from migration_tools.schema.code import sends_sql
from migration_tools.schema.diff import Difference, differences
from migration_tools.schema.isolation import run_isolated
from migration_tools.schema.running import Start
from migration_tools.schema.statements import Source

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Owners = dict[str, Owner]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    schema: Schema
    owners: Owners
    source: Source
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """One difference, whose it is, and why it may be there."""

    app: str
    difference: Difference
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """``others``: what Django does not make, which is no drift. ``notes``: what limits this.

    ``ignored``: of both, how many are left out by patterns.
    """

    alias: str
    drifted: tuple[Drifted, ...]
    others: tuple[Extra, ...]
    source: Source
    notes: tuple[str, ...] = ()
    ignored: int = 0


def drift_of(
    connection: BaseDatabaseWrapper, *, app: str | None = None, ignore: Sequence[str] = ()
) -> Drift:
    """Reads the database only. Cheap first: the tables of the models as the migrations leave them.

    What differs then, or is made by SQL of the migrations, takes the history run again.
    ``ignore``: patterns as of files, of a table, or of a table and a part of it with a dot between.
    """
    backend = for_connection(connection)
    with backend.read_only():
        loader = MigrationLoader(connection)
        live = catalogue_of(connection).read()
        journal = _journal(connection)
    expected = _expected(connection, loader, live)
    found = _differences(connection, expected.schema, live)
    causes = Causes(loader, expected.owners, journal)
    drifted = [
        Drifted(app=causes.app_of(d.table), difference=d, cause=causes.likely(d))
        for d in found
        if app is None or causes.app_of(d.table) == app
    ]
    others = _others(expected.schema, live, backend.fold_table, loader) if app is None else ()
    told = tuple(d for d in drifted if not _matches(_names_of(d.difference), ignore))
    told_others = tuple(extra for extra in others if not _matches((extra.name,), ignore))
    return Drift(
        alias=connection.alias,
        drifted=told,
        others=told_others,
        source=expected.source,
        notes=expected.notes,
        ignored=len(drifted) + len(others) - len(told) - len(told_others),
    )


def _journal(connection: BaseDatabaseWrapper) -> Mapping[Key, LastStep]:
    try:
        return Journal(connection).last_steps()
    except django.db.Error:  # none that this user may read
        return {}


def _names_of(difference: Difference) -> tuple[str, ...]:
    """A part goes by what it is as well, since not every one has a name."""
    table = difference.table
    return table, f"{table}.{difference.name}", f"{table}.{difference.kind.value}"


def _matches(names: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _differences(
    connection: BaseDatabaseWrapper, expected: Schema, live: Schema
) -> list[Difference]:
    fold, mend = for_connection(connection).fold_table, catalogue_of(connection).mend_table
    return list(differences(expected, live, fold=fold, mend=mend))


def _expected(connection: BaseDatabaseWrapper, loader: MigrationLoader, live: Schema) -> Expected:
    recorded = tuple(sorted(loader.applied_migrations))
    by_models = Start(way=Source.MODELS, recorded=recorded)
    cheap = all(_is_plain(operation) for operation in _operations(loader, recorded))
    if cheap:
        with contextlib.suppress(ShadowError):  # the models alone do not make it
            told = _made(connection, by_models)
            if not _differences(connection, told.schema, live):
                return told
    try:
        return _made(connection, Start(way=Source.REPLAY, recorded=recorded))
    except NoShadow:
        raise
    except ShadowError as error:
        note = (
            f"The history could not be run again ({error}): what its SQL made may be told as a "
            "difference."
        )
        return replace(_made(connection, by_models), notes=(note,))


def _operations(loader: MigrationLoader, recorded: tuple[Key, ...]) -> Iterator[Operation]:
    nodes: Any = loader.graph.nodes
    for key in recorded:
        if key in nodes:
            yield from flat(nodes[key].operations, "database_operations")


def _is_plain(operation: Operation) -> bool:
    """What it makes is in the models; Python code makes rows, if it sends no SQL of its own."""
    if isinstance(operation, RunSQL):
        return operation.sql == RunSQL.noop
    if isinstance(operation, RunPython):
        return not sends_sql(operation)
    return type(operation).__module__.startswith("django.")


def _others(
    expected: Schema, live: Schema, fold: Callable[[str], str], loader: MigrationLoader
) -> tuple[Extra, ...]:
    """Tables of models that no migration makes are known, and not told."""
    known = {fold(table.name) for table in expected.tables}
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.app_label in loader.unmigrated_apps:
            known.add(fold(model._meta.db_table))
    tables = [Extra(kind="table", name=t.name) for t in live.tables if fold(t.name) not in known]
    return (*tables, *(extra for extra in live.extras if extra not in expected.extras))


def _made(connection: BaseDatabaseWrapper, start: Start) -> Expected:
    scratch = scratch_for(connection)
    with scratch.database() as settings:
        if start.way is Source.MODELS:
            settings = scratch.for_a_look(settings)
        schema, owners = run_isolated(build_and_read, connection.alias, settings, start)
    return Expected(schema=schema, owners=owners, source=start.way)


def build_and_read(connection: BaseDatabaseWrapper, start: Start) -> tuple[Schema, Owners]:
    """In the process of the shadow."""
    running.build(connection, start)
    return catalogue_of(connection).read(), owners_of(running.applied_state(connection))


def owners_of(state: ProjectState) -> Owners:
    return {
        model._meta.db_table: Owner(
            app=model._meta.app_label,
            model=str(model._meta.model_name),
            fields={f.column: f.name for f in model._meta.local_fields if f.column},
        )
        for model in state.apps.get_models(include_auto_created=True)
    }
