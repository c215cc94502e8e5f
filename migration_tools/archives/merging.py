"""Restoring by hand: an archive goes back to its name, or into what has that name by now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.archives.keeping import Archives, Contents
from migration_tools.archives.parking import ParkedArchives
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``rows``: written; None where the thing itself was moved back. ``kept``: rows or values that
    were written since and stayed, so that the archive stays too. ``query`` lists them."""

    rows: int | None
    kept: int = 0
    query: str = ""


class Merge:
    def __init__(self, connection: BaseDatabaseWrapper, archive: Archive) -> None:
        self._connection = connection
        self._archive = archive
        self._archives = Archives(connection)
        self._parked = ParkedArchives(connection)
        self._backend = self._archives.backend

    def restore(self, *, overwrite: bool = False) -> Restored:
        """Raises ArchiveError, and nothing was changed then."""
        archive = self._archive
        if archive.strategy is not Strategy.PARK:
            raise ArchiveError(
                f"Archive {archive.number} is a copy: it comes back with its step.",
                hint=f"Its rows as a file:  manage.py migration_archives export {archive.number} "
                "--format csv",
            )
        contents = self._archives.contents(archive)
        with transaction.atomic(using=self._connection.alias):
            if archive.kind is Kind.COLUMN:
                return self._restore_column(contents, overwrite=overwrite)
            return self._restore_table(contents)

    def _move_back(self, table: str) -> Restored:
        check = self._parked.obstacle(self._archive, table=table, fill=None)
        if check is not None:
            raise ArchiveError(f"Archive {self._archive.number} cannot come back: {check.reason}.")
        if not self._parked.put_back(self._archive, table=table):
            self._parked.finish(self._archive, anyhow=True)
        return Restored(rows=None)

    # --- a column ---------------------------------------------------------------------------

    def _restore_column(self, contents: Contents, *, overwrite: bool) -> Restored:
        archive, table = self._archive, contents.table
        if archive.column not in self._backend.columns_of([table])[table]:
            return self._move_back(table)
        quote = self._backend.quote
        column, held = quote(archive.column), quote(contents.columns[-1][1])
        there = f"{contents.where} AND {held} IS NOT NULL"
        other = f"{there} AND {column} IS NOT NULL AND {column} <> {held}"
        kept = 0 if overwrite else self._count(table, other)
        empty = f"{column} IS NULL"
        if overwrite:
            empty = f"({empty} OR {column} <> {held})"
        rows = self._write(f"UPDATE {quote(table)} SET {column} = {held} WHERE {there} AND {empty}")
        query = f"SELECT * FROM {quote(table)} WHERE {other};"
        return self._done(rows, kept, query)

    # --- a table ----------------------------------------------------------------------------

    def _restore_table(self, contents: Contents) -> Restored:
        archive, backend = self._archive, self._backend
        columns = backend.columns_of([archive.table]).get(archive.table)
        if columns is None:
            return self._move_back(archive.table)
        names = [name for name, _ in contents.columns]
        if missing := [name for name in names if name not in columns]:
            raise ArchiveError(
                f"{archive.table} lacks columns that archive {archive.number} has: "
                f"{', '.join(missing)}. Nothing was changed."
            )
        key = backend.primary_key_of(contents.table)
        if not key:
            raise ArchiveError(
                f"Archive {archive.number} has no primary key: which of its rows are in "
                f"{archive.table} already cannot be told. Nothing was changed."
            )
        quote = backend.quote
        same = " AND ".join(f"t.{quote(name)} = a.{quote(name)}" for name in key)
        source, target = quote(contents.table), quote(archive.table)
        taken = f"EXISTS (SELECT 1 FROM {target} t WHERE {same})"
        kept = self._count(f"{source} a", taken, quoted=True)
        listed = ", ".join(map(quote, names))
        told = ", ".join(f"a.{quote(name)}" for name in names)
        rows = self._write(
            f"INSERT INTO {target} ({listed}) SELECT {told} FROM {source} a WHERE NOT {taken}"
        )
        self._parked.parking.reset_numbers(archive.table)
        return self._done(rows, kept, f"SELECT a.* FROM {source} a WHERE {taken};")

    # --- both -------------------------------------------------------------------------------

    def _done(self, rows: int, kept: int, query: str) -> Restored:
        """What has come back as a whole is not kept twice."""
        if not kept:
            self._archives.purge(self._archive)
            Catalogue(self._connection).change(self._archive.number, state=State.RETURNED)
        return Restored(rows=rows, kept=kept, query=query if kept else "")

    def _count(self, table: str, where: str, *, quoted: bool = False) -> int:
        name = table if quoted else self._backend.quote(table)
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {name} WHERE {where}")
            return int(cursor.fetchone()[0])

    def _write(self, statement: str) -> int:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return int(cursor.rowcount)
