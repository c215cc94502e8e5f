"""SQLite, which stores any value in any column and converts by affinity."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import Error, OperationalError

from migration_tools.backends import names
from migration_tools.backends import sqlite_schema as schema
from migration_tools.backends.base import Backend, Conversion
from migration_tools.backends.conversions import sqlite as conversions
from migration_tools.backends.conversions.sqlite.affinity import affinity, converted
from migration_tools.backends.hanging import (
    Act,
    Dependant,
    ForeignKey,
    Kind,
    Outcome,
    Trial,
    Violation,
)
from migration_tools.backends.locks import FileLock, RunLock
from migration_tools.columns import Column

COLUMNS_QUERY = "SELECT name FROM pragma_table_xinfo({table}, {schema}) WHERE hidden <> 1"
MAIN = "main"  # the file that Django connects to
SIZE_QUERY = "SELECT SUM(pgsize) FROM dbstat WHERE name = %s"
# How many steps of SQLite's machine go by between two looks at the clock: about a millisecond.
STEPS_BETWEEN_LOOKS = 20_000


class SQLiteBackend(Backend):
    first_class = True
    dialect = "sqlite"
    collation = "BINARY"
    script_runner = "sqlite3 -bail"
    fills_implicit_defaults = True
    checks_all_keys = True
    remakes_tables = True

    def is_absent(self) -> bool:
        path = file_of(str(self.connection.settings_dict["NAME"]))
        return self.connection.connection is None and path is not None and not path.exists()

    def run_lock(self) -> RunLock:
        path = file_of(str(self.connection.settings_dict["NAME"]))
        return FileLock(self.connection, path) if path else super().run_lock()

    @contextlib.contextmanager
    def lock_limit(self, seconds: float) -> Iterator[None]:
        with self.connection.cursor() as cursor:
            before = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout = {max(1, round(seconds * 1000))}")
        try:
            yield
        finally:
            if self.connection.connection is not None:
                with contextlib.closing(self.connection.create_cursor()) as cursor:
                    cursor.execute(f"PRAGMA busy_timeout = {before}")

    @contextlib.contextmanager
    def writing_at_once(self) -> Iterator[None]:
        """A transaction that has read is refused its first write without any wait where somebody
        else is writing just then, as SQLite would have both wait for each other."""
        connection: Any = self.connection
        before = connection.transaction_mode
        connection.transaction_mode = before or "IMMEDIATE"
        try:
            yield
        finally:
            connection.transaction_mode = before

    def gave_up_waiting(self, error: Error) -> bool:
        return getattr(error.__cause__, "sqlite_errorname", "").startswith("SQLITE_BUSY")

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        # Asked now, because Django finds it out in a transaction, which BEGIN IMMEDIATE
        # (OPTIONS["transaction_mode"]) makes a write, and would remember the refusal as a "no".
        _ = self.connection.features.supports_json_field
        with self.connection.cursor() as cursor:
            before = cursor.execute("PRAGMA query_only").fetchone()[0]
            cursor.execute("PRAGMA query_only = 1")
        try:
            yield
        finally:
            if self.connection.connection is not None:
                # Not through connection.cursor(), which refuses in a broken atomic block.
                with contextlib.closing(self.connection.create_cursor()) as cursor:
                    cursor.execute(f"PRAGMA query_only = {before}")

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        """The limit is for all statements inside together; SQLite knows no other clock."""
        self.connection.ensure_connection()
        driver = self.connection.connection
        end = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > end, STEPS_BETWEEN_LOOKS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)

    def columns_of(self, tables: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        found = {}
        with self.connection.cursor() as cursor:
            attached = {str(row[1]).lower() for row in cursor.execute("PRAGMA database_list")}
            for name in tables:
                space, table = names.split(name, '"') or (None, "")
                # A bare name would be found in attached files, too; migrations make theirs here.
                space = MAIN if space is None else space
                if not table or space.lower() not in attached:
                    continue
                place = {"table": self.literal(table), "schema": self.literal(space)}
                query = COLUMNS_QUERY.format(**place)
                if columns := tuple(row[0] for row in cursor.execute(query).fetchall()):
                    found[name] = columns
        return found

    # --- what hangs on tables ---------------------------------------------------------------

    def foreign_keys(self, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
        return schema.foreign_keys(self.connection)

    def violated_keys(self) -> tuple[Violation, ...]:
        return tuple(schema.violations(self.connection))

    def dependants_of(self, tables: Sequence[str]) -> tuple[Dependant, ...]:
        return tuple(schema.dependants(self.connection, tables))

    def outcome(self, act: Act, kind: Kind, *, shared: bool = False) -> Outcome | None:
        return schema.OUTCOMES.get((act, kind))

    def remakes(self, old: Column | None, new: Column | None) -> bool:
        return schema.remakes(old, new)

    def read_as_text(self, table: str, name: str) -> str | None:
        """As the library was built: a name in double quotes that is none may be a text."""
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(f"SELECT {self.quote(name)} FROM {self.quote(table)} LIMIT 0")
            except OperationalError:
                return None
        return self.literal(name)

    def trial(self, tables: Sequence[str] | None = None) -> Trial:
        return schema.SchemaCopy(self.connection, tables)

    def fold_table(self, name: str) -> str:
        return name.lower()

    def fold_column(self, name: str) -> str:
        return name.lower()

    def estimated_rows(self, table: str) -> int | None:
        parts = names.split(table, '"')
        if parts is None or parts[0] is not None or not self.columns_of(["sqlite_stat1"]):
            return None
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT stat FROM sqlite_stat1 WHERE tbl = %s COLLATE NOCASE LIMIT 1", [parts[1]]
            )
            row = cursor.fetchone()
        return int(row[0].split()[0]) if row and row[0] else None

    def size_of(self, table: str) -> int | None:
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(SIZE_QUERY, [table])
                size = cursor.fetchone()[0]
        except OperationalError:  # not every library is built with it
            return None
        return None if size is None else int(size)

    def literal(self, value: object) -> str:
        if isinstance(value, float) and not math.isfinite(value):
            return "NULL" if math.isnan(value) else ("9e999" if value > 0 else "-9e999")
        return super().literal(value)

    def count_where(self, predicate: str) -> str:
        return f"COUNT(*) FILTER (WHERE {predicate})"

    def constant(self, literal: str, column: Column) -> str:
        # As the column stores it: '5.0' in one of decimals is the number 5. And what it is compared
        # with is taken for what the column holds, which a CAST brings about and nothing else.
        if column.type == "DecimalField":
            return f"CAST({literal} AS {affinity(column)})"
        return super().constant(converted(literal, affinity(column)), column)

    def differs(self, quoted: str, literal: str, column: Column) -> str:
        return (
            f"{quoted} <> {literal} COLLATE BINARY"
            if column.is_text
            else (super().differs(quoted, literal, column))
        )

    def converts(self, old: Column, new: Column) -> bool:
        # The same declared type may be read by other rules: decimal by its digits, text as JSON.
        return super().converts(old, new) or reading(old) != reading(new)

    def conversion(self, old: Column, new: Column, value: str) -> Conversion:
        if not self.converts(old, new) or old.db_type is None or new.db_type is None:
            return super().conversion(old, new, value)
        return conversions.judge(self, old, new, value)


def reading(column: Column) -> tuple[object, ...]:
    return column.type, column.max_digits, column.decimal_places


def file_of(name: str) -> Path | None:
    """The file that ``connect`` would open; None for a database in memory."""
    if name.startswith("file:"):
        parts = urlsplit(name)
        name = unquote(parts.path)
        if "mode=memory" in parts.query.split("&"):
            return None
    return None if name in ("", ":memory:") else Path(name)
