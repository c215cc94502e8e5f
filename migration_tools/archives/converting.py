"""A parked column that becomes a copy: in batches by key, while others go on reading and writing.

Its values do not change any more, so nothing has to be locked but for the moment in which the
column is dropped, when all of them are in the copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from migration_tools.archives.catalogue import PREFIX, Archive, Catalogue, Kind, Strategy
from migration_tools.archives.parking import ParkedArchives
from migration_tools.backends import for_connection
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Rows copied by one statement.
BATCH = 10_000


class Conversion:
    """May be begun again at any time: the copy goes on after the last key that it holds."""

    def __init__(self, connection: BaseDatabaseWrapper, archive: Archive) -> None:
        self._connection = connection
        self._archive = archive
        self._parked = ParkedArchives(connection)
        self._backend = for_connection(connection)
        self._quote = self._backend.quote
        self._place = f"{PREFIX}{archive.number}"

    def run(self) -> int:
        """The rows copied. Raises ArchiveError, and the column is still parked then."""
        archive = self._archive
        if archive.strategy is not Strategy.PARK or archive.kind is not Kind.COLUMN:
            raise ArchiveError(f"Archive {archive.number} is a table of its own already.")
        home = self._parked.home(archive) if archive.is_holding else None
        if home is None:
            raise ArchiveError(f"Archive {archive.number} holds nothing that could be copied.")
        table, column, there = home
        key = self._backend.primary_key_of(table)
        if not key:
            raise ArchiveError(
                f"Archive {archive.number} cannot be copied: {table} has no primary key to bring "
                "its values back by."
            )
        self._make(table, column, key)
        while self._batch(table, column, there, key):
            pass
        rows = self._require_complete(table, column, there, key)
        with transaction.atomic(using=self._connection.alias):
            self._finish(table, key, rows)
        return rows

    def _make(self, table: str, column: str, key: Sequence[str]) -> None:
        if self._place in self._backend.columns_of([self._place]):
            return
        place = self._quote(self._place)
        self._execute(
            f"CREATE TABLE {place} AS SELECT {self._selected(key, column)} "
            f"FROM {self._quote(table)} WHERE 1 = 0"
        )
        names = ", ".join(self._key_names(key))
        index = self._quote(f"{self._place}_key")
        self._execute(f"CREATE UNIQUE INDEX {index} ON {place} ({names})")

    def _batch(self, table: str, column: str, there: str, key: Sequence[str]) -> int:
        own = ", ".join(map(self._quote, key))
        into = f"INSERT INTO {self._quote(self._place)} SELECT {self._selected(key, column)}"
        source = f"{into} FROM {self._quote(table)} WHERE {there}"
        last = self._last(key)
        if last is None:
            return self._execute(f"{source} ORDER BY {own} LIMIT {BATCH}")
        source, own = source.replace("%", "%%"), own.replace("%", "%%")
        marks = ", ".join(["%s"] * len(key))
        return self._execute(f"{source} AND ({own}) > ({marks}) ORDER BY {own} LIMIT {BATCH}", last)

    def _last(self, key: Sequence[str]) -> tuple[Any, ...] | None:
        names = self._key_names(key)
        order = ", ".join(f"{name} DESC" for name in names)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(names)} FROM {self._quote(self._place)} "
                f"ORDER BY {order} LIMIT 1"
            )
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _require_complete(self, table: str, column: str, there: str, key: Sequence[str]) -> int:
        pairs = zip(key, self._key_names(key), strict=True)
        joined = " AND ".join(f"t.{self._quote(a)} = c.{b}" for a, b in pairs)
        own, value = f"t.{self._quote(column)}", f"c.{self._quote('value')}"
        same = f"({own} = {value} OR ({own} IS NULL AND {value} IS NULL))"
        missing = self._count(
            f"{self._quote(table)} t WHERE t.{there} AND NOT EXISTS ("
            f"SELECT 1 FROM {self._quote(self._place)} c WHERE {joined} AND {same})"
        )
        if missing:
            raise ArchiveError(
                f"{missing:,} rows of {table} are not in the copy of archive "
                f"{self._archive.number}. The column stays parked; begin again."
            )
        return self._count(self._quote(self._place))

    def _finish(self, table: str, key: Sequence[str], rows: int) -> None:
        archive, parked = self._archive, self._parked.parked(self._archive)
        details = {name: value for name, value in archive.details.items() if name != "parked"}
        Catalogue(self._connection).change(
            archive.number,
            strategy=Strategy.COPY,
            place=self._place,
            rows=rows,
            details={**details, "key": list(key)},
        )
        parking = self._parked.parking
        parking.run(parking.purge_statements(parked, table=table))

    def _selected(self, key: Sequence[str], column: str) -> str:
        told = [
            f"{self._quote(name)} AS {other}"
            for name, other in zip(key, self._key_names(key), strict=True)
        ]
        return ", ".join([*told, f"{self._quote(column)} AS {self._quote('value')}"])

    def _key_names(self, key: Sequence[str]) -> list[str]:
        return [self._quote(f"key_{number}") for number, _ in enumerate(key, 1)]

    def _count(self, source: str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {source}")
            return int(cursor.fetchone()[0])

    def _execute(self, statement: str, parameters: tuple[Any, ...] | None = None) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.rowcount)
