"""MySQL and MariaDB: each statement of DDL commits, so a lock holds copy and drop together.

LOCK TABLES lets nothing be touched but what it names, not even under an alias, and no table be
made: the copy is made empty before it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

from migration_tools.backends.copying.base import Copying, Extra

#: Zero is a number like others, and what is in a column already fits it.
AS_IT_IS = "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

CHANGES_TYPE = re.compile(r"\s*ALTER\s+TABLE\b.*\bMODIFY\b", re.I | re.S)
DECLARED_QUERY = """
    SELECT COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = %s AND COLUMN_NAME = %s
"""


class MySQLCopying(Copying):
    forgets_checks = True

    @contextlib.contextmanager
    def copied(
        self,
        place: str,
        select: str,
        *,
        table: str,
        extra: Extra | None = None,
        also: Sequence[str],
    ) -> Iterator[None]:
        with self.inserting():
            self.execute(f"CREATE TABLE {self.quote(place)} AS {select} LIMIT 0")
            columns = ", ".join(map(self.quote, self._columns(place)))
            if extra is not None:
                self.add_column(place, extra)
        with self._locked(table, place, *also):
            with self.inserting():
                self.execute(f"INSERT INTO {self.quote(place)} ({columns}) {select}")
            yield

    @contextlib.contextmanager
    def held(self, table: str, place: str, *, also: Sequence[str]) -> Iterator[None]:
        with self._locked(table, place, *also):
            yield

    @contextlib.contextmanager
    def _locked(self, *tables: str) -> Iterator[None]:
        listed = ", ".join(f"{self.quote(name)} WRITE" for name in dict.fromkeys(tables))
        self.execute(f"LOCK TABLES {listed}")
        try:
            yield
        finally:
            self.execute("UNLOCK TABLES")

    @contextlib.contextmanager
    def inserting(self) -> Iterator[None]:
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT @@SESSION.sql_mode")
            (before,) = cursor.fetchone()
            cursor.execute("SET SESSION sql_mode = %s", [AS_IT_IS])
        try:
            yield
        finally:
            self.execute("SET SESSION sql_mode = %s", [before])

    def changes_type(self, sql: str) -> bool:
        return CHANGES_TYPE.match(sql) is not None

    def convert(self, place: str, source: str, target: Extra, *, where: str) -> None:
        own, name = self.quote(place), self.quote(target.name)
        if target.name in self._columns(place):  # of a run that stopped in here
            self.execute(f"ALTER TABLE {own} DROP COLUMN {name}")
        self.execute(f"ALTER TABLE {own} ADD COLUMN {name} {self._declared(place, source)} NULL")
        with self.inserting():
            self.execute(f"UPDATE {own} SET {name} = {self.quote(source)} WHERE {where}")
        self.execute(f"ALTER TABLE {own} MODIFY {name} {target.type} NULL")

    def _declared(self, place: str, column: str) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute(DECLARED_QUERY, [place, column])
            kind, charset, collation = cursor.fetchone()
        return f"{kind} CHARACTER SET {charset} COLLATE {collation}" if charset else str(kind)

    def _columns(self, place: str) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {self.quote(place)} LIMIT 0")
            return [column[0] for column in cursor.description]

    def update_joined(
        self, table: str, source: str, keys: Sequence[tuple[str, str]], *, column: str, value: str
    ) -> str:
        return (
            f"UPDATE {self.quote(table)} JOIN {self.quote(source)} "
            f"ON {self.joined(table, source, keys)} "
            f"SET {self.quote(table)}.{self.quote(column)} = {value} WHERE TRUE"
        )

    def same(self, one: str, other: str) -> str:
        # As bytes: the collation would call different texts equal.
        return f"CAST({one} AS BINARY) <=> CAST({other} AS BINARY)"
