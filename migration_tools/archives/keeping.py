"""An archive's life after its run: what is in it, how much, and its end; whatever its strategy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from migration_tools.archives.catalogue import Archive, Kind, State, Strategy
from migration_tools.archives.copying import CopiedArchives
from migration_tools.archives.parking import ParkedArchives
from migration_tools.archives.private import Private, hidden_columns
from migration_tools.backends import for_connection
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Where the rows are: ``columns`` as they are shown and as they are called in ``table``;
    ``where`` leaves out what was not archived, and may be empty."""

    table: str
    columns: tuple[tuple[str, str], ...]
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """``rows``: None where nobody knows. ``size``: bytes; None of a part of another table.
    ``is_gone``: the catalogue says it is there, the database says no."""

    archive: Archive
    rows: int | None
    is_estimate: bool
    size: int | None
    is_gone: bool = False


class Keeper(Protocol):
    """One strategy, as far as commands need it."""

    def home(self, archive: Archive) -> tuple[str, str, str] | None:
        """The table, the column's name in it and the condition of what was archived; "" for
        all columns and all rows. None if somebody has dropped it."""

    def purge(self, archive: Archive) -> None: ...


KEEPERS: dict[Strategy, Any] = {Strategy.PARK: ParkedArchives, Strategy.COPY: CopiedArchives}


class Archives:
    """What commands do with archives of any strategy."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.backend = for_connection(connection)

    def keeper(self, archive: Archive) -> Keeper:
        kind = KEEPERS.get(archive.strategy)
        if kind is None:
            raise ArchiveError(
                f"Archive {archive.number} was made by a way that is not known here."
            )
        keeper: Keeper = kind(self.connection)
        return keeper

    def contents(self, archive: Archive) -> Contents:
        """Raises ArchiveError where there is nothing any more."""
        if not archive.is_holding:
            raise ArchiveError(
                f"Archive {archive.number} is {archive.state.value}: it holds nothing."
            )
        home = self.keeper(archive).home(archive)
        if home is None:
            raise ArchiveError(
                f"Archive {archive.number} is no longer in the database: its table was dropped."
            )
        table, column, where = home
        own = [
            name for name in self.backend.columns_of([table]).get(table, ()) if not is_ours(name)
        ]
        if archive.kind is Kind.TABLE or not column:
            return Contents(table=table, columns=tuple((name, name) for name in own), where=where)
        key = tuple((name, name) for name in self.backend.primary_key_of(table))
        if archive.strategy is Strategy.COPY:  # there they have names of the copy's own
            key = tuple((name, f"key_{n}") for n, name in enumerate(archive.details["key"], 1))
        return Contents(table=table, columns=(*key, (archive.column, column)), where=where)

    def exported(self, archive: Archive) -> Contents:
        """Without what is private, whenever it was archived; raises ArchiveError as well where
        nothing else is in there."""
        contents, hidden = self.contents(archive), self._hidden(archive)
        columns = tuple(each for each in contents.columns if each[0] not in hidden)
        if not columns or archive.column in hidden:
            raise ArchiveError(
                f"Archive {archive.number} holds private values of {archive.table}, which are not "
                "exported.",
                hint=f"To remove them:  manage.py migration_archives purge {archive.number}",
            )
        return replace(contents, columns=columns)

    def require_copyable(self, archive: Archive) -> None:
        """Raises ArchiveError where a copy would hold what is private."""
        if hidden := self._hidden(archive) & {name for name, _ in self.contents(archive).columns}:
            raise ArchiveError(
                f"Archive {archive.number} is not copied: {', '.join(sorted(hidden))} of "
                f"{archive.table} is private.",
                hint=f"To remove it:  manage.py migration_archives purge {archive.number}",
            )

    def _hidden(self, archive: Archive) -> frozenset[str]:
        return hidden_columns(archive, Private.configured(), self.connection)

    def stream(self, contents: Contents) -> Iterator[tuple[Any, ...]]:
        columns = ", ".join(self.backend.quote(name) for _, name in contents.columns)
        return self.backend.stream(f"SELECT {columns} {self._from(contents)}")

    def count(self, contents: Contents) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) {self._from(contents)}")
            return int(cursor.fetchone()[0])

    def _from(self, contents: Contents) -> str:
        where = f" WHERE {contents.where}" if contents.where else ""
        return f"FROM {self.backend.quote(contents.table)}{where}"

    def listed(self, archive: Archive, *, exactly: bool = False) -> Listed:
        """``exactly``: count now, which reads the whole table."""
        if not archive.is_holding:
            return Listed(archive=archive, rows=archive.rows, is_estimate=False, size=None)
        try:
            contents = self.contents(archive)
        except ArchiveError:
            return Listed(
                archive=archive, rows=archive.rows, is_estimate=False, size=None, is_gone=True
            )
        rows, is_estimate = archive.rows, False
        if exactly:
            rows = self.count(contents)
        elif rows is None and archive.kind is Kind.TABLE:
            rows, is_estimate = self.backend.estimated_rows(contents.table), True
        apart = archive.kind is Kind.TABLE or archive.strategy is not Strategy.PARK
        return Listed(
            archive=archive,
            rows=rows,
            is_estimate=is_estimate and rows is not None,
            size=self.backend.size_of(contents.table) if apart else None,
        )

    def purge(self, archive: Archive) -> None:
        if archive.state not in (State.KEPT, State.SUPERSEDED, State.PURGING):
            raise ArchiveError(
                f"Archive {archive.number} is {archive.state.value}: there is nothing to purge."
            )
        self.keeper(archive).purge(archive)


def is_ours(column: str) -> bool:
    return column.startswith("_mt_")
