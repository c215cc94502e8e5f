"""PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from django.db import Error

from migration_tools.backends import computing, names
from migration_tools.backends import postgresql_schema as schema
from migration_tools.backends.base import Backend, Conversion, unkept_savepoint
from migration_tools.backends.conversions import postgresql as conversions
from migration_tools.backends.conversions.postgresql.shared import WORDS
from migration_tools.backends.hanging import Act, Dependant, ForeignKey, Kind, Outcome
from migration_tools.backends.kept import Holding, KeptRule
from migration_tools.backends.kept import postgresql as kept
from migration_tools.backends.locks import AdvisoryLock
from migration_tools.columns import Column

COLUMNS_QUERY = """
    SELECT asked.number, attribute.attname
    FROM unnest(%s::text[]) WITH ORDINALITY AS asked (name, number)
    JOIN pg_catalog.pg_class relation ON relation.oid = to_regclass(asked.name)
    JOIN pg_catalog.pg_attribute attribute ON attribute.attrelid = relation.oid
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY asked.number, attribute.attnum
"""
ELSEWHERE_QUERY = """
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_class relation
        JOIN pg_catalog.pg_namespace namespace ON namespace.oid = relation.relnamespace
        WHERE relation.oid = to_regclass(%s) AND namespace.nspname <> current_schema()
    )
"""
DETERMINISTIC_QUERY = """
    SELECT COALESCE(bool_and(collisdeterministic), TRUE) FROM pg_catalog.pg_collation
    WHERE collname = %s
"""
SIZE_QUERY = "SELECT pg_total_relation_size(to_regclass(%s))"
# Of a B-tree's entry, a third of a page less the entry's header. A value counts as it is stored,
# compressed where it was; within a few bytes of the limit its own header decides.
LONGEST_ENTRY = 2692
ROWS_QUERY = "SELECT reltuples FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)"
LOCK_NOT_AVAILABLE = "55P03"


class PostgreSQLBackend(Backend):
    first_class = True
    dialect = "postgres"
    collation = "default"
    script_runner = "psql -v ON_ERROR_STOP=1"

    def run_lock(self) -> AdvisoryLock:
        return AdvisoryLock(self.connection)

    @contextlib.contextmanager
    def lock_limit(self, seconds: float) -> Iterator[None]:
        with self.connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            before = cursor.fetchone()[0]
            # 0 would mean no limit at all.
            cursor.execute("SET lock_timeout = %s", [max(1, round(seconds * 1000))])
        try:
            yield
        finally:
            with contextlib.suppress(Error), self.connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = %s", [before])

    def gave_up_waiting(self, error: Error) -> bool:
        # psycopg's name for it, and that of psycopg2.
        codes = [getattr(error.__cause__, name, None) for name in ("sqlstate", "pgcode")]
        return LOCK_NOT_AVAILABLE in codes

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        # In an open transaction the setting belongs to the savepoint and leaves with it.
        with unkept_savepoint(self.connection):
            with self.connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            yield

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        with unkept_savepoint(self.connection):
            with self.connection.cursor() as cursor:
                # 0 would mean no limit at all.
                milliseconds = max(1, round(seconds * 1000))
                cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}")
            yield

    def columns_of(self, tables: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        asked = self._readable(tables)
        found: dict[str, list[str]] = {}
        with self.connection.cursor() as cursor:
            cursor.execute(COLUMNS_QUERY, [[self.quote(table) for table in asked]])
            for number, column in cursor.fetchall():
                found.setdefault(asked[number - 1], []).append(column)
        return {table: tuple(columns) for table, columns in found.items()}

    def foreign_keys(self, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
        return schema.foreign_keys(self.connection, list(map(self.quote, self._readable(tables))))

    def dependants_of(self, tables: Sequence[str]) -> tuple[Dependant, ...]:
        asked = self._readable(tables)
        return tuple(schema.dependants(self.connection, asked, list(map(self.quote, asked))))

    def _readable(self, tables: Sequence[str]) -> list[str]:
        return [table for table in tables if names.split(table, '"')]

    def outcome(self, act: Act, kind: Kind, *, shared: bool = False) -> Outcome | None:
        cascades = "CASCADE" in self.connection.SchemaEditorClass.sql_delete_column
        return schema.outcome(act, kind, cascades=cascades)

    def kept_rules(self, table: str) -> Mapping[str, KeptRule] | None:
        return kept.rules(self, table) if self._readable([table]) else None

    def over(self, text: str, holding: Holding) -> str:
        return kept.over(self, text, holding)

    def refused_rule(self, expression: str, table: str) -> str:
        return kept.refused(self, expression, table)

    def current_schema(self) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            return str(cursor.fetchone()[0] or "")

    def leaves_room(self, table: str) -> bool:
        # CREATE goes to the first schema of the search path; any other statement looks in all.
        if table.startswith('"') or not names.split(table, '"'):
            return False
        with self.connection.cursor() as cursor:
            cursor.execute(ELSEWHERE_QUERY, [self.quote(table)])
            return bool(cursor.fetchone()[0])

    def estimated_rows(self, table: str) -> int | None:
        if not names.split(table, '"'):
            return None
        with self.connection.cursor() as cursor:
            cursor.execute(ROWS_QUERY, [self.quote(table)])
            row = cursor.fetchone()
        return int(row[0]) if row and row[0] >= 0 else None

    def size_of(self, table: str) -> int | None:
        with self.connection.cursor() as cursor:
            cursor.execute(SIZE_QUERY, [self.quote(table)])
            size = cursor.fetchone()[0]
        return None if size is None else int(size)

    def literal(self, value: object) -> str:
        self.connection.ensure_connection()  # the driver quotes by the server's settings
        return super().literal(value)

    def constant(self, literal: str, column: Column) -> str:
        return f"CAST({literal} AS {column.db_type})"

    def count_where(self, predicate: str) -> str:
        return f"COUNT(*) FILTER (WHERE {predicate})"

    def differs(self, quoted: str, literal: str, column: Column) -> str:
        collated = f'({quoted})::text COLLATE "C"' if column.is_text else quoted
        return super().differs(collated, literal, column)

    @property
    def division_by_zero_fails(self) -> bool:
        return True

    def computation_error(
        self, table: str, expression: str, column: Column, where: str = ""
    ) -> str:
        cast = f"({expression})::{column.db_type}"
        return computing.raised(self, table, cast, where)

    def unfitting(self, column: Column, value: str) -> str:
        # A number that does not fit has been an error when it was computed.
        return computing.unfitting(column, value, WORDS) if column.is_text else ""

    def oversized_entry(self, columns: Sequence[Column], quoted: Sequence[str]) -> str:
        longest = [column.max_length or LONGEST_ENTRY for column in columns if column.is_text]
        if 4 * sum(longest) < LONGEST_ENTRY:
            return ""
        sizes = " + ".join(f"COALESCE(pg_column_size({name}), 0)" for name in quoted)
        return f"{sizes} > {LONGEST_ENTRY}"

    def collated(self, conversion: Conversion, old: Column, new: Column, table: str) -> Conversion:
        if not conversion.impossible and self._like_index_stays(old, new):
            kinds = [self._is_deterministic(column.collation) for column in (old, new)]
            if kinds == [True, False]:
                reason = f"its index for LIKE cannot have the collation {new.collation}"
                return Conversion(value=None, impossible=reason)
        return super().collated(conversion, old, new, table)

    def _like_index_stays(self, old: Column, new: Column) -> bool:
        """As DatabaseSchemaEditor makes and drops it (5.2-6.1)."""
        types = {str(column.db_type).partition("(")[0] for column in (old, new)}
        indexed = (old.unique or old.indexed) and old.references is None
        return indexed and len(types) == 1 and bool(types & {"varchar", "text"})

    def _is_deterministic(self, collation: str | None) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(DETERMINISTIC_QUERY, [collation])
            return bool(cursor.fetchone()[0])

    def conversion(self, old: Column, new: Column, value: str) -> Conversion:
        if not self.converts(old, new) or old.db_type is None or new.db_type is None:
            return super().conversion(old, new, value)
        return conversions.judge(self, old, new, value) or self.no_rule(old, new)
