"""Why a live schema may differ from what its migrations make, as files and history tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from migration_tools.analysis.nesting import flat
from migration_tools.analysis.sources import source_hash, source_of
from migration_tools.backends.catalogue.parts import Kind
from migration_tools.journal import LastStep, Outcome
from migration_tools.plan import Direction, Key
from migration_tools.schema.code import sends_sql
from migration_tools.schema.diff import Difference, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The model of a table, and the fields of its columns."""

    app: str
    model: str
    fields: Mapping[str, str]


class Causes:
    """Only what is likely: who did something by hand leaves no note.

    ``last``: what the journal of `migrate_safe` knows of a migration, where it has applied it.
    """

    def __init__(
        self, loader: MigrationLoader, owners: Mapping[str, Owner], last: Mapping[Key, LastStep]
    ) -> None:
        self.owners = owners
        self.last = last
        self.applied: list[Migration] = []
        self.pending: list[Migration] = []
        recorded: Any = loader.applied_migrations
        graph: Any = loader.graph
        plan = dict.fromkeys(
            key for leaf in graph.leaf_nodes() for key in graph.forwards_plan(leaf)
        )
        for key in plan:
            (self.applied if key in recorded else self.pending).append(graph.nodes[key])
        replaced = {key for squash in loader.replacements.values() for key in squash.replaces}
        self.ghosts = [
            key
            for key in sorted(recorded)
            if key not in loader.disk_migrations and key not in replaced
        ]

    def app_of(self, table: str) -> str:
        owner = self.owners.get(table)
        return owner.app if owner else ""

    def likely(self, difference: Difference) -> str:
        told = self._likely(difference)
        code = self._code_for_rows(difference)
        if not code:
            return told
        names = ", ".join(map(_label, code))
        return f"{told}; or by the Python code of {names} where it found rows: the shadow has none"

    def _code_for_rows(self, difference: Difference) -> list[Migration]:
        """Code that changes schemas by itself, and speaks of this table or of its model."""
        owner = self.owners.get(difference.table)
        found = []
        for migration in self.applied:
            if not any(isinstance(o, RunPython) and sends_sql(o) for o in _all_of(migration)):
                continue
            names = [difference.table]
            if owner is not None and owner.app == migration.app_label:
                names.append(owner.model)
            source = source_of(migration)
            if any(re.search(rf"\b{re.escape(name)}\b", source, re.I) for name in names):
                found.append(migration)
        return found

    def _likely(self, difference: Difference) -> str:
        owner = self.owners.get(difference.table)
        app = owner.app if owner else ""
        if difference.way is Way.EXTRA:
            return self._extra(difference, owner, app)
        maker = self._maker(self.applied, difference, owner)
        if maker is None:
            return "taken away by hand" if difference.way is Way.MISSING else "changed by hand"
        what = "taken away" if difference.way is Way.MISSING else "changed"
        ran = self._ran(maker)
        if ran is None:
            return (
                f"{_label(maker)} is recorded as applied: it was faked or edited afterwards, or "
                f"this was {what} by hand"
            )
        if ran.faked:
            return f"{_label(maker)} was faked, in run {ran.run} of migrate_safe"
        if _is_edited(maker, ran):
            return f"{_label(maker)} was edited after run {ran.run} of migrate_safe had applied it"
        return f"{what} by hand, after run {ran.run} of migrate_safe had applied {_label(maker)}"

    def _ran(self, migration: Migration) -> LastStep | None:
        """None if somebody else has recorded it, or nobody knows who."""
        step = self.last.get((migration.app_label, migration.name))
        applied = step and (step.outcome, step.direction) == (Outcome.DONE, Direction.FORWARDS)
        return step if applied else None

    def _extra(self, difference: Difference, owner: Owner | None, app: str) -> str:
        maker = self._maker(self.pending, difference, owner)
        if maker is not None:
            return (
                f"{_label(maker)} makes it and is not recorded as applied: stopped half way, or "
                "taken back with --fake"
            )
        ghosts = [f"{label}.{name}" for label, name in self.ghosts if label == app]
        if ghosts:
            return f"perhaps made by {', '.join(ghosts)}, which is applied and has no file any more"
        edited = [
            _label(migration)
            for migration in self.applied
            if migration.app_label == app
            and (ran := self._ran(migration)) is not None
            and _is_edited(migration, ran)
        ]
        if edited:
            return f"perhaps made by {', '.join(edited)}, which was edited after it was applied"
        told = self._code_for_rows(difference)
        code = [
            _label(migration)
            for migration in self.applied
            if migration.app_label == app and _runs_python(migration) and migration not in told
        ]
        if code:
            return f"made by hand, or by the Python code of {', '.join(code)}"
        return "made by hand, or by SQL that is in no migration"

    def _maker(
        self, migrations: list[Migration], difference: Difference, owner: Owner | None
    ) -> Migration | None:
        """The last of them with an operation on this part; else, for a table, on its model."""
        if owner is None:
            return None
        found = None
        for migration in migrations:
            if migration.app_label == owner.app and any(
                _is_about(operation, difference, owner) for operation in _all_of(migration)
            ):
                found = migration
        return found


def _is_edited(migration: Migration, ran: LastStep) -> bool:
    now = source_hash(source_of(migration))
    return bool(ran.source_hash and now and now != ran.source_hash)


def _is_about(operation: Any, difference: Difference, owner: Owner) -> bool:
    if isinstance(operation, RunSQL):
        names = {difference.name, difference.table} - {""}
        return all(re.search(rf"\b{re.escape(n)}\b", str(operation.sql)) for n in names)
    name = str(getattr(operation, "name", "") or "").lower()
    model = str(getattr(operation, "model_name", "") or "").lower()
    if difference.kind is Kind.TABLE:
        return (not model and name == owner.model) or owner.model == f"{model}_{name}"
    if difference.kind is Kind.COLUMN:
        field = owner.fields.get(difference.name, difference.name).lower()
        if model:
            return model == owner.model and name == field
        fields = [str(told[0]).lower() for told in getattr(operation, "fields", ())]
        return name == owner.model and field in fields
    part = getattr(operation, "index", None) or getattr(operation, "constraint", None)
    return part is not None and bool(difference.name) and part.name == difference.name


def _all_of(migration: Migration) -> Iterator[Operation]:
    return flat(migration.operations, "database_operations")


def _runs_python(migration: Migration) -> bool:
    """Code of Django's own migrations is known to make nothing."""
    own = type(migration).__module__.startswith("django.")
    return not own and any(isinstance(o, RunPython) for o in _all_of(migration))


def _label(migration: Migration) -> str:
    return f"{migration.app_label}.{migration.name}"
