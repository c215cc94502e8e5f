"""MySQL and MariaDB, which differ in names and a few rules."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.db import Error, InternalError, OperationalError

from migration_tools.backends import computing, names
from migration_tools.backends import mysql_schema as schema
from migration_tools.backends.base import CHUNK, Backend, Conversion, unkept_savepoint
from migration_tools.backends.conversions import mysql as conversions
from migration_tools.backends.conversions.mysql import letters
from migration_tools.backends.conversions.mysql.shared import WORDS
from migration_tools.backends.hanging import Act, Dependant, ForeignKey, Kind, Outcome
from migration_tools.backends.kept import Holding, KeptRule
from migration_tools.backends.kept import mysql as kept
from migration_tools.backends.locks import NamedLock
from migration_tools.columns import Column

COLUMNS_QUERY = """
    SELECT TABLE_SCHEMA = DATABASE(), TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME
    FROM information_schema.COLUMNS WHERE {tables}
    ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
"""
# Not the table of key columns: a user who may only read does not see it on one of the two.
KEY_QUERY = """
    SELECT TABLE_SCHEMA = DATABASE(), TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME
    FROM information_schema.COLUMNS WHERE COLUMN_KEY = 'PRI' AND ({tables})
    ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION
"""
ROWS_QUERY = """
    SELECT TABLE_SCHEMA = DATABASE(), TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS
    FROM information_schema.TABLES WHERE {tables}
"""
SIZE_QUERY = """
    SELECT TABLE_SCHEMA = DATABASE(), TABLE_SCHEMA, TABLE_NAME, DATA_LENGTH + INDEX_LENGTH
    FROM information_schema.TABLES WHERE {tables}
"""
COLLATION_QUERY = """
    SELECT TABLE_SCHEMA = DATABASE(), TABLE_SCHEMA, TABLE_NAME, TABLE_COLLATION
    FROM information_schema.TABLES WHERE {tables}
"""
LETTERS_QUERY = """
    SELECT CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE COLLATION_NAME = %s
"""
READS = re.compile(
    r"\s*\(*\s*(SELECT|SHOW|EXPLAIN|DESCRIBE|SET|SAVEPOINT|RELEASE|ROLLBACK)\b", re.I
)
DENIED = frozenset({1044, 1142})  # said of a table that is not there, too
TIMED_OUT = frozenset({1969, 3024})  # MariaDB's number and MySQL's
LOCK_WAIT_TIMEOUT = 1205
NOT_LOCKED = 1100  # this session holds locks, but none on that table


class MySQLBackend(Backend):
    first_class = True
    dialect = "mysql"
    script_runner = "mysql, without --force"

    # --- the server -------------------------------------------------------------------------

    @property
    def display_name(self) -> str:
        # Which of the two it is only the server can say, and nobody may have asked it yet.
        known = "mysql_server_data" in vars(self.connection)
        return super().display_name if known else "MySQL or MariaDB"

    @property
    def is_mariadb(self) -> bool:
        return bool(self.connection.mysql_is_mariadb)  # type: ignore[attr-defined]

    @functools.cached_property
    def is_strict(self) -> bool:
        """Whether this session refuses what it cannot store, or else cuts and clamps it."""
        return "STRICT_" in str(self._ask("SELECT @@SESSION.sql_mode"))

    def _ask(self, query: str) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        return row and row[0]

    @contextlib.contextmanager
    def _session(self, variable: str, value: object) -> Iterator[None]:
        """A session variable set for a while; a lost connection has taken it along."""
        before = self._ask(f"SELECT @@SESSION.{variable}")
        self._ask(f"SET SESSION {variable} = {value}")
        try:
            yield
        finally:
            # Not through connection.cursor(), which refuses in a broken atomic block.
            with (
                contextlib.suppress(Error),
                self.connection.wrap_database_errors,
                contextlib.closing(self.connection.create_cursor()) as cursor,
            ):
                cursor.execute(f"SET SESSION {variable} = {before}")

    def run_lock(self) -> NamedLock:
        return NamedLock(self.connection)

    @contextlib.contextmanager
    def lock_limit(self, seconds: float) -> Iterator[None]:
        # Of tables and of rows; whole seconds, one at the least.
        limit = max(1, math.ceil(seconds))
        with (
            self._session("lock_wait_timeout", limit),
            self._session("innodb_lock_wait_timeout", limit),
        ):
            yield

    def gave_up_waiting(self, error: Error) -> bool:
        return bool(error.args) and error.args[0] == LOCK_WAIT_TIMEOUT

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """A transaction that is open already cannot be made read-only here: inside one, Django's
        own statements are refused before they are sent, and the savepoint is taken back."""
        if self.connection.in_atomic_block:
            with unkept_savepoint(self.connection), self.connection.execute_wrapper(refuse_writes):
                yield
            return
        variable = "tx_read_only" if self.is_mariadb else "transaction_read_only"
        # For the session, not only for one transaction: an implicit commit must not end it.
        with self._session(variable, 1), unkept_savepoint(self.connection):
            yield

    @contextlib.contextmanager
    def time_limit(self, seconds: float) -> Iterator[None]:
        variable, value = "max_execution_time", f"{max(1, round(seconds * 1000))}"
        if self.is_mariadb:
            variable, value = "max_statement_time", f"{max(0.001, seconds):.6f}"
        with self._session(variable, value):
            try:
                yield
            except Error as error:
                if error.args and error.args[0] in TIMED_OUT:
                    raise OperationalError(*error.args) from error
                raise

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        from MySQLdb.cursors import SSCursor  # every other cursor of the driver fetches all rows

        self.connection.ensure_connection()
        with (
            self.connection.wrap_database_errors,
            contextlib.closing(self.connection.connection.cursor(SSCursor)) as cursor,
        ):
            cursor.execute(query)
            while rows := cursor.fetchmany(CHUNK):
                yield from rows

    # --- the schema of today ----------------------------------------------------------------

    def columns_of(self, tables: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        found = self._by_name(COLUMNS_QUERY, tables)
        return {table: tuple(columns) for table, columns in found.items()}

    def definitions(self, *statements: str) -> str:
        try:
            return super().definitions(*statements)
        except OperationalError as error:
            if error.args and error.args[0] == NOT_LOCKED:
                return ""
            raise

    def definition(self, table: str) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SHOW CREATE TABLE {self.quote(table)}")
            told = str(cursor.fetchone()[1])
        return re.sub(r" AUTO_INCREMENT=\d+", "", told)  # moves with the rows

    def hidden_of(self, tables: Sequence[str]) -> frozenset[str]:
        return frozenset(table for table in tables if self._is_denied(table))

    def _is_denied(self, table: str) -> bool:
        try:
            self._ask(f"SELECT 1 FROM {self.quote(table)} LIMIT 0")
        except Error as error:
            return bool(error.args) and error.args[0] in DENIED
        return False

    def primary_key_of(self, table: str) -> tuple[str, ...]:
        return tuple(self._by_name(KEY_QUERY, [table]).get(table, ()))

    def foreign_keys(self, tables: Sequence[str]) -> tuple[ForeignKey, ...]:
        return schema.foreign_keys(self.connection, list(self._here(tables)))

    def dependants_of(self, tables: Sequence[str]) -> tuple[Dependant, ...]:
        asked = self._here(tables)
        found = schema.dependants(self.connection, list(asked), is_mariadb=self.is_mariadb)
        by_fold = {self.fold_table(name): table for name, table in asked.items()}
        return tuple(
            dataclasses.replace(dependant, table=by_fold[self.fold_table(dependant.table)])
            for dependant in found
        )

    def kept_rules(self, table: str) -> Mapping[str, KeptRule] | None:
        here = list(self._here([table]))
        return kept.rules(self, here[0]) if here else None

    def over(self, text: str, holding: Holding) -> str:
        return kept.over(text, holding)

    def _here(self, tables: Sequence[str]) -> dict[str, str]:
        """Those of this database, as the server spells them -> as they were asked for."""
        parts = {table: names.split(table, "`") for table in tables}
        return {found[1]: table for table, found in parts.items() if found and not found[0]}

    def outcome(self, act: Act, kind: Kind, *, shared: bool = False) -> Outcome | None:
        return schema.outcome(act, kind, shared=shared, is_mariadb=self.is_mariadb)

    def estimated_rows(self, table: str) -> int | None:
        rows = self._by_name(ROWS_QUERY, [table]).get(table, [None])[0]
        return None if rows is None else int(rows)

    def size_of(self, table: str) -> int | None:
        size = self._by_name(SIZE_QUERY, [table]).get(table, [None])[0]
        return None if size is None else int(size)

    def _by_name(self, query: str, tables: Sequence[str]) -> dict[str, list[Any]]:
        """The last column of the query's rows, by the name as it was asked for."""
        fold = self._fold()
        asked = {
            table: (parts[0] and fold(parts[0]), fold(parts[1]))
            for table in tables
            if (parts := names.split(table, "`"))
        }
        if not asked:
            return {}
        conditions, parameters = [], []
        for space, name in sorted(set(asked.values()), key=str):
            conditions.append(
                f"(TABLE_SCHEMA = {'%s' if space else 'DATABASE()'} AND TABLE_NAME = %s)"
            )
            parameters += [space, name] if space else [name]
        rows: dict[tuple[str | None, str], list[Any]] = {}
        with self.connection.cursor() as cursor:
            cursor.execute(query.format(tables=" OR ".join(conditions)), parameters)
            for is_here, space, name, answer in cursor.fetchall():
                rows.setdefault((fold(space), fold(name)), []).append(answer)
                if is_here:
                    rows.setdefault((None, fold(name)), []).append(answer)
        return {table: rows[key] for table, key in asked.items() if key in rows}

    def _fold(self) -> Callable[[str], str]:
        # Where the server keeps letter case (0), the catalogue may still compare without it.
        if self.connection.features.ignores_table_name_case:
            return str.lower
        return str

    def fold_table(self, name: str) -> str:
        return self._fold()(name)

    def fold_column(self, name: str) -> str:
        return name.lower()

    def invented_value(self, column: Column) -> str | None:
        if column.references is not None and column.references.constraint:
            return None  # no row of the other table has the invented key
        return self._zero_values().get(column.type, "''" if column.is_text else "0")

    def value_for_null(self, column: Column) -> str | None:
        return None if self.is_strict else self.invented_value(column)

    def _zero_values(self) -> dict[str, str | None]:
        mode = str(self._ask("SELECT @@SESSION.sql_mode"))
        dates = None if self.is_strict and "NO_ZERO_DATE" in mode else "'0000-00-00'"
        maria = self.is_mariadb
        return {
            "DateField": dates,
            "DateTimeField": dates,
            "TimeField": "'00:00:00'",
            "JSONField": "''" if maria else "null",
            "UUIDField": "a UUID of zeros" if maria else "''",
            "BinaryField": "''",
            "GenericIPAddressField": "''",
        }

    # --- values -----------------------------------------------------------------------------

    def literal(self, value: object) -> str:
        if isinstance(value, bytes | bytearray | memoryview):
            return f"X'{value.hex()}'"  # the driver writes them as text
        return super().literal(value)

    def count_where(self, predicate: str) -> str:
        return f"COUNT(({predicate}) OR NULL)"  # quicker than CASE, and than SUM

    def differs(self, quoted: str, literal: str, column: Column) -> str:
        if not column.is_text:
            return super().differs(quoted, literal, column)
        letters = f"CONVERT({quoted} USING utf8mb4)"
        return f"CAST({letters} AS BINARY) <> CAST(CONVERT({literal} USING utf8mb4) AS BINARY)"

    @property
    def division_by_zero_fails(self) -> bool:
        mode = str(self._ask("SELECT @@SESSION.sql_mode"))
        return self.is_strict and "ERROR_FOR_DIVISION_BY_ZERO" in mode

    def computation_error(
        self, table: str, expression: str, column: Column, where: str = ""
    ) -> str:
        return computing.warned(self, table, expression, where) if self.is_strict else ""

    def unfitting(self, column: Column, value: str) -> str:
        if column.type == "JSONField":
            return f"NOT JSON_VALID({value})"
        return computing.unfitting(column, value, WORDS) if self.is_strict else ""

    def refused_index(self, columns: Sequence[Column], *, unique: bool) -> str:
        if self.is_mariadb:
            return ""  # it takes the beginning, or a hash
        return schema.refused_index(
            columns, unique=unique, strict=self.is_strict, widest=self._widest
        )

    @functools.cached_property
    def _widest(self) -> int:
        """Bytes of a letter, at most."""
        query = (
            "SELECT MAXLEN FROM information_schema.CHARACTER_SETS "
            "WHERE CHARACTER_SET_NAME = @@character_set_database"
        )
        return int(self._ask(query) or 4)

    def collated(self, conversion: Conversion, old: Column, new: Column, table: str) -> Conversion:
        return letters.collated(self, conversion, old, new, table)

    def collation_of(self, table: str) -> str:
        """Which a column of this table has that names none; "" if that cannot be asked."""
        if table not in self._collations:
            found = self._by_name(COLLATION_QUERY, [table]).get(table, [None])
            self._collations[table] = str(found[0] or "")
        return self._collations[table]

    def letters_of(self, collation: str) -> str:
        """The character set of a collation; "" for one of several."""
        key = f"COLLATE {collation}"
        if key not in self._collations:
            with self.connection.cursor() as cursor:
                cursor.execute(LETTERS_QUERY, [collation])
                row = cursor.fetchone()
            self._collations[key] = str((row and row[0]) or "")
        return self._collations[key]

    @functools.cached_property
    def _collations(self) -> dict[str, str]:
        return {}

    def conversion(self, old: Column, new: Column, value: str) -> Conversion:
        if not self.converts(old, new) or old.db_type is None or new.db_type is None:
            return super().conversion(old, new, value)
        return conversions.judge(self, old, new, value) or self.no_rule(old, new)


def refuse_writes(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    if not READS.match(sql):
        raise InternalError(1792, "Cannot execute statement in a READ ONLY transaction.")
    return execute(sql, params, many, context)
