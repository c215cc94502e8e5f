"""SQLite: what hangs on tables, and what a table that is made anew leaves behind."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import OperationalError

from migration_tools.backends import names
from migration_tools.backends.hanging import (
    Act,
    Dependant,
    ForeignKey,
    Kind,
    Outcome,
    Violation,
)
from migration_tools.columns import Column, Default

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

KEYS_QUERY = """
    SELECT child.name, key.id, key."table", key."from", key."to"
    FROM sqlite_master child JOIN pragma_foreign_key_list(child.name) key
    WHERE child.type = 'table'
    ORDER BY child.name, key.id, key.seq
"""
VIOLATIONS_QUERY = """
    SELECT fkid, COUNT(*), COUNT(rowid) FROM pragma_foreign_key_check(%s) GROUP BY fkid
"""
HANGING_QUERY = """
    SELECT type, name, tbl_name FROM sqlite_master
    WHERE type = 'trigger' OR type = 'index' AND sql IS NOT NULL
    ORDER BY type, name
"""
CHECKED_QUERY = """
    SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%CONSTRAINT%CHECK%'
"""
GENERATED_QUERY = "SELECT name FROM pragma_table_xinfo(%s) WHERE hidden IN (2, 3)"
SCHEMA_QUERY = """
    SELECT type, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END
"""
OUTCOMES = {
    (Act.DROP_TABLE, Kind.INCOMING_KEY): Outcome.CHECKED,
    (Act.DROP_COLUMN, Kind.INCOMING_KEY): Outcome.CHECKED,
    (Act.DROP_COLUMN, Kind.GENERATED): Outcome.REFUSED,
    (Act.REMAKE, Kind.FOREIGN_KEY): Outcome.DROPPED,
    (Act.REMAKE, Kind.TRIGGER): Outcome.DROPPED,
    (Act.REMAKE, Kind.INDEX): Outcome.DROPPED,
    (Act.REMAKE, Kind.CHECK): Outcome.DROPPED,
}


# --- foreign keys -----------------------------------------------------------------------------


def foreign_keys(connection: BaseDatabaseWrapper) -> tuple[ForeignKey, ...]:
    return tuple(key for key, _number in _numbered_keys(connection))


def _numbered_keys(connection: BaseDatabaseWrapper) -> list[tuple[ForeignKey, int]]:
    """With the number that the engine gives it among the keys of its table."""
    with connection.cursor() as cursor:
        rows = cursor.execute(KEYS_QUERY).fetchall()
    found: dict[tuple[str, int], list[tuple[str, str, str | None]]] = {}
    for child, number, referred, column, target in rows:
        found.setdefault((child, number), []).append((referred, column, target))
    return [
        (
            ForeignKey(
                table=child,
                columns=tuple(column for _, column, _ in parts),
                referred=parts[0][0],
                referred_columns=tuple(target for *_, target in parts if target is not None),
            ),
            number,
        )
        for (child, number), parts in found.items()
    ]


def violations(connection: BaseDatabaseWrapper) -> Iterator[Violation]:
    keys = _numbered_keys(connection)
    for table in dict.fromkeys(key.table for key, _ in keys):
        own = {number: key for key, number in keys if key.table == table}
        yield from _violations(connection, table, own)


def _violations(
    connection: BaseDatabaseWrapper, table: str, keys: Mapping[int, ForeignKey]
) -> Iterator[Violation]:
    try:
        with connection.cursor() as cursor:
            rows = cursor.execute(VIOLATIONS_QUERY, [table]).fetchall()
    except OperationalError as error:
        if "mismatch" not in str(error):
            raise
        # Of one of the table's keys the columns it points to are gone, or not unique.
        yield from (
            Violation(key=key, rows=None)
            for key in keys.values()
            if f'referencing "{key.referred}"' in str(error)
        )
        return
    literal = "'{}'".format(table.replace("'", "''"))
    for number, count, with_rowid in rows:
        listing = (
            f"rowid IN (SELECT rowid FROM pragma_foreign_key_check({literal}) "
            f"WHERE fkid = {number})"
        )
        yield Violation(key=keys[number], rows=count, listing=listing if with_rowid else "")


# --- what else there is -----------------------------------------------------------------------


def dependants(connection: BaseDatabaseWrapper, tables: Sequence[str]) -> Iterator[Dependant]:
    folded = {table.lower(): table for table in tables}
    with connection.cursor() as cursor:
        for kind, name, table in cursor.execute(HANGING_QUERY).fetchall():
            if (asked := folded.get(table.lower())) is not None:
                yield Dependant(kind=Kind(kind), name=name, table=asked)
        for table in tables:
            for (name,) in cursor.execute(GENERATED_QUERY, [table]).fetchall():
                yield Dependant(kind=Kind.GENERATED, name=name, table=table)
        for (table,) in cursor.execute(CHECKED_QUERY).fetchall():
            if (asked := folded.get(table.lower())) is None:
                continue
            with contextlib.suppress(Exception):  # it reads SQL that somebody may have written
                found = connection.introspection.get_constraints(cursor, table)
                yield from _checks(asked, found)


def _checks(table: str, constraints: Mapping[str, Any]) -> Iterator[Dependant]:
    """Those with a name: the ones without are of columns, and mostly Django's."""
    for name, constraint in constraints.items():
        if constraint["check"] and not name.startswith("__unnamed"):
            yield Dependant(kind=Kind.CHECK, name=name, table=table)


def remakes(old: Column | None, new: Column | None) -> bool:
    """As add_field(), remove_field() and _alter_field() of Django's editor (5.2 to 6.1) decide."""
    if old is None and new is not None:
        return (
            new.primary_key
            or new.unique
            or not new.null
            or new.default in (Default.VALUE, Default.CALLED, Default.EMPTY, Default.NOW)
            or new.db_default == "expression"
        )
    if old is not None and new is None:
        return old.primary_key or old.unique or old.indexed or _is_key(old)
    if old is None or new is None or old.name == new.name or _is_key(old) or _is_key(new):
        return True
    return _definition(old) != _definition(new)


def _is_key(column: Column) -> bool:
    return column.references is not None and column.references.constraint


def _definition(column: Column) -> Column:
    """Only what is written into CREATE TABLE, without the name."""
    return replace(column, name="", field="", kind="", default=Default.NONE, indexed=False)


# --- a copy to try on -------------------------------------------------------------------------


class SchemaCopy:
    """In memory, with Django's own functions in it.

    Only what the engine says about other objects is an answer: that a table is not in the copy,
    or a function is not in this connection, is no reason to refuse anything.
    """

    def __init__(self, connection: BaseDatabaseWrapper, tables: Sequence[str] | None) -> None:
        with connection.cursor() as cursor:
            schema = cursor.execute(SCHEMA_QUERY).fetchall()
        if tables is not None and not any(kind in ("view", "trigger") for kind, *_ in schema):
            # Only views and triggers stand in the way of tables that are not their own, and every
            # statement reads anew whatever else there is.
            parts = (names.split(table, '"') for table in tables)
            wanted = {part[1].lower() for part in parts if part is not None}
            schema = [row for row in schema if row[1].lower() in wanted]
        parameters = {**connection.get_connection_params(), "database": ":memory:"}
        self._copy: sqlite3.Connection = connection.get_new_connection(parameters)
        self._copy.isolation_level = None
        self._copy.execute("PRAGMA foreign_keys = OFF")
        self._quote: Callable[[str], str] = connection.ops.quote_name
        for *_, statement in schema:
            with contextlib.suppress(sqlite3.Error):
                self._copy.execute(statement)

    def close(self) -> None:
        self._copy.close()

    def create(self, table: str, columns: Sequence[str]) -> str:
        return self._try(f"CREATE TABLE {self._quote(table)} ({self._listed(columns)})")

    def drop(self, table: str) -> str:
        return self._try(f"DROP TABLE {self._quote(table)}")

    def rename(self, table: str, new: str) -> str:
        return self._try(f"ALTER TABLE {self._quote(table)} RENAME TO {self._quote(new)}")

    def add_column(self, table: str, column: str) -> str:
        return self._try(f"ALTER TABLE {self._quote(table)} ADD COLUMN {self._quote(column)}")

    def drop_column(self, table: str, column: str) -> str:
        return self._try(f"ALTER TABLE {self._quote(table)} DROP COLUMN {self._quote(column)}")

    def rename_column(self, table: str, column: str, new: str) -> str:
        return self._try(
            f"ALTER TABLE {self._quote(table)} "
            f"RENAME COLUMN {self._quote(column)} TO {self._quote(new)}"
        )

    def remake(
        self, table: str, columns: Mapping[str, str | None], is_known: Callable[[str], bool]
    ) -> str:
        query = "SELECT name FROM pragma_table_xinfo(?)"
        now = [name for (name,) in self._copy.execute(query, [table])]
        then = [columns.get(name, name) for name in now] + [columns.get("")]
        indexes = {name: cols for name, cols in self._indexes(table).items() if is_known(name)}
        name, new = self._quote(table), self._quote(f"new__{table}")
        error = self._try(
            f"CREATE TABLE {new} ({self._listed([column for column in then if column])})",
            f"DROP TABLE {name}",
            f"ALTER TABLE {new} RENAME TO {name}",
        )
        for index, parts in indexes.items():
            kept = [columns.get(part, part) for part in parts]
            # That of one column goes with it, whether it is dropped or made anew.
            if len(kept) > 1 and all(kept):
                listed = self._listed([part for part in kept if part])
                self._try(f"CREATE INDEX {self._quote(index)} ON {name} ({listed})")
        return error

    def _indexes(self, table: str) -> dict[str, list[str]]:
        """With their columns; not those of expressions, whose columns are not told."""
        query = "SELECT name FROM pragma_index_list(?) WHERE origin = 'c'"
        there = [name for (name,) in self._copy.execute(query, [table])]
        found = {}
        for name in there:
            parts = self._copy.execute("SELECT name FROM pragma_index_info(?)", [name]).fetchall()
            if all(part is not None for (part,) in parts):
                found[name] = [str(part) for (part,) in parts]
        return found

    def drop_index(self, name: str) -> str:
        return self._try(f"DROP INDEX {self._quote(name)}")

    def drop_unique(self, table: str, columns: Sequence[str]) -> str:
        for name, parts in self._indexes(table).items():
            if set(parts) == set(columns):
                return self.drop_index(name)
        return ""

    def run(self, statement: str) -> str:
        return self._try(statement)

    def broken_views(self) -> frozenset[str]:
        views = self._copy.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        return frozenset(
            name for (name,) in views if self._fails(f"SELECT * FROM {self._quote(name)} LIMIT 0")
        )

    def _listed(self, columns: Sequence[str]) -> str:
        return ", ".join(map(self._quote, columns)) or "x"

    def _fails(self, statement: str) -> bool:
        try:
            self._copy.execute(statement).fetchall()
        except sqlite3.Error as error:
            return not _is_about_copy(str(error))
        return False

    def _try(self, *statements: str) -> str:
        try:
            self._copy.execute("BEGIN")
            for statement in statements:
                self._copy.execute(statement)
            self._copy.execute("COMMIT")
        except sqlite3.Error as error:
            if self._copy.in_transaction:
                self._copy.execute("ROLLBACK")
            told = str(error)
            is_answer = told.startswith(("error in ", "cannot drop "))
            return told if is_answer and not _is_about_copy(told) else ""
        return ""


def _is_about_copy(error: str) -> bool:
    missing = ("no such function", "no such collation", "no such module", "unknown database")
    return any(words in error for words in missing)
