"""A drawn trip, really made: the rows, the commands, and what is in the database at each end."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from tests.archives.drawing import APP, Row, Trip
from tests.helpers import Project, quote, sql, tables_kept

START = "0001"
OURS = ("_mt_", "migration_tools_", "django_migrations")


class Travelling:
    """``archive``: park, copy or auto."""

    def __init__(self, trip: Trip, folder: Path, archive: str) -> None:
        self.trip = trip
        self.archive = archive
        self.project = Project(folder)
        self.project.write(f"{APP}/models.py")
        self.project.migration("0001_initial", *trip.before)
        for number, step in enumerate(trip.steps, 2):
            self.project.migration(f"{number:04}_step", *step)
        self.end = f"{len(trip.steps) + 1:04}"
        #: Django's own schemas at the two ends; empty where it does not get there.
        self.plain: dict[str, dict[str, Any]] = {}

    def text(self) -> str:
        files = sorted((self.project.folder / APP / "migrations").glob("0*.py"))
        rows = "\n".join(map(repr, self.trip.rows))
        told = "\n".join(path.read_text() for path in files)
        return f"{told}\n{rows}\nreverts={self.trip.reverts} archive={self.archive}"

    @property
    def ends(self) -> tuple[str, str]:
        """Where it begins, and where it goes."""
        return (self.end, START) if self.trip.reverts else (START, self.end)

    # --- the trip ---------------------------------------------------------------------------

    def make(self) -> bool:
        """There, back by --undo, there again, and back by name; the same at each end. False: the
        plan cannot run."""
        here, there = self.ends
        with self._begun() as done:
            if not done:
                return False
            home = contents()
            if not self._leaves(there):
                return False
            away = contents()
            self.safe(undo=0)
            self._require_same(home, here)
            self.safe(APP, there)
            self._require_same(away, there)
            self.safe(APP, here)
            self._require_same(home, here)
            require_fresh_numbers()
        return True

    @contextlib.contextmanager
    def _begun(self) -> Iterator[bool]:
        """False: Django cannot even make these tables."""
        here, _ = self.ends
        with tables_kept(), self.project.installed():
            try:
                self._plainly(here)
                self._travel_plainly()
                self._plainly(here)
            except Error:
                yield False
                return
            insert_rows(self.trip.rows)
            yield True

    def _leaves(self, there: str) -> bool:
        """False: the plan cannot run on these rows, which was said before anything was changed."""
        before = contents()
        try:
            self.safe(APP, there)
        except CommandError as refusal:
            if "Nothing was changed" not in str(refusal):
                raise
            assert contents() == before
            with pytest.raises((Error, CommandError, ValueError)):
                self._plainly(there)
            return False
        except Error:
            if not self.plain:
                return False  # Django stops at it without any rows, too
            raise
        return True

    def _travel_plainly(self) -> None:
        """There and back twice without us and without rows; then nothing is left of it."""
        here, there = self.ends
        try:
            self._plainly(there)
            self._plainly(here)
            at_home = contents()
            self._plainly(there)
            self.plain = {there: contents(), here: at_home}
        except Error:
            self.plain = {}
        with connection.cursor() as cursor:
            found = connection.introspection.table_names(cursor)
        with connection.constraint_checks_disabled():
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            for table in (name for name in found if name.startswith(APP)):
                sql(f"DROP TABLE {quote(table)}{cascade}")
        sql(f"DELETE FROM django_migrations WHERE app = '{APP}'")

    def _plainly(self, target: str) -> None:
        try:
            self.project.migrate(APP, target)
        finally:
            # A last look that fails leaves Django in its transaction.
            if connection.in_atomic_block:
                connection.in_atomic_block = False
                connection.rollback()
                connection.set_autocommit(True)

    def safe(self, *words: str, **options: Any) -> None:
        out = io.StringIO()
        given = {"skip_checks": True, "allow_data_loss": True, "archive": self.archive, **options}
        call_command("migrate_safe", *words, interactive=False, stdout=out, stderr=out, **given)

    def _require_same(self, before: dict[str, Any], target: str) -> None:
        after = contents()
        for part, what in enumerate(("columns", "constraints", "rows")):
            different = differences(before, after, part)
            if different and part < 2 and self.plain:
                # Django's own way back leaves some indexes otherwise, too.
                different = differences(self.plain[target], after, part)
            assert not different, f"{what} before, and now: {different}"


# --- rows -------------------------------------------------------------------------------------


def insert_rows(rows: list[Row]) -> None:
    """Those that the engine refuses are left out, and those that lead to them."""
    found = models_of_now()
    made: dict[int, Any] = {}
    for place, row in enumerate(rows):
        if any(target not in made for target in row.keys.values()):
            continue
        model = found.get_model(APP, row.model)
        keys = {name: as_target(model, name, made[n]) for name, n in row.keys.items()}
        with contextlib.suppress(Error), transaction.atomic():
            created = model(**row.values, **keys)
            created.save(force_insert=True)
            for name, targets in row.links.items():
                getattr(created, name).set([made[n].pk for n in targets if n in made])
            made[place] = created


def models_of_now() -> Any:
    loader = MigrationExecutor(connection).loader
    return loader.project_state([key for key in loader.applied_migrations if key[0] == APP]).apps


def as_target(model: Any, name: str, row: Any) -> Any:
    """A row of a child is one of its parent's as well."""
    target = model._meta.get_field(name).remote_field.model
    return row if isinstance(row, target) else target._base_manager.get(pk=row.pk)


# --- what is there ----------------------------------------------------------------------------


def contents() -> dict[str, tuple[list[str], list[str], list[str]]]:
    """Columns, constraints and rows of every table of the app, the rows to the byte."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith(OURS) or table in KNOWN:
                continue
            columns = connection.introspection.get_table_description(cursor, table)
            columns = [column for column in columns if not column.name.startswith(OURS)]
            constraints = connection.introspection.get_constraints(cursor, table)
            constraints = {
                name: each
                for name, each in constraints.items()
                if not any(column.startswith(OURS) for column in each["columns"] or ())
            }
            found[table] = (
                sorted(map(repr, map(told, columns))),
                sorted(map(repr, map(unnamed, constraints.values()))),
                digest(table, sorted(column.name for column in columns)),
            )
    return found


def differences(before: dict[str, Any], after: dict[str, Any], part: int) -> dict[str, Any]:
    """By table: what is there only before, and only after."""
    found = {}
    for table in before.keys() | after.keys():
        one, other = (Counter(each.get(table, ((), (), ()))[part]) for each in (before, after))
        if one != other:
            found[table] = (sorted(one - other), sorted(other - one))
    return found


KNOWN = {"auth_group", "auth_group_permissions", "auth_permission", "auth_user"} | {
    "auth_user_groups",
    "auth_user_user_permissions",
    "django_content_type",
}
LETTERS = {
    "sqlite": "typeof({0}) || quote({0})",
    "postgresql": "{0}::text",
    "mysql": "HEX(CAST({0} AS BINARY))",
}


def digest(table: str, columns: list[str]) -> list[str]:
    told = ", ".join(LETTERS[connection.vendor].format(quote(name)) for name in columns)
    return sorted(map(repr, [tuple(columns), *sql(f"SELECT {told} FROM {quote(table)}")]))


def told(column: Any) -> dict[str, Any]:
    """MySQL says how long the values are, and MariaDB whether a check is named as its column."""
    left_out = ("display_size", "has_json_constraint")
    return {name: each for name, each in column._asdict().items() if name not in left_out}


def unnamed(constraint: dict[str, Any]) -> dict[str, Any]:
    words = ("columns", "primary_key", "unique", "foreign_key", "check", "index", "type", "orders")
    return {word: constraint.get(word) for word in words}


def require_fresh_numbers() -> None:
    """The next row gets a number that no row has."""
    if connection.vendor != "postgresql":
        return  # the others look at the rows
    for model in models_of_now().get_models():
        table = model._meta.db_table
        if model._meta.auto_field not in model._meta.local_fields:
            continue
        column = model._meta.auto_field.column
        ((most,),) = sql(f"SELECT MAX({quote(column)}) FROM {quote(table)}")
        ((following,),) = sql(
            "SELECT nextval(pg_get_serial_sequence(%s, %s))", quote(table), column
        )
        assert following > (most or 0), table
