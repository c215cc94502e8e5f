"""Archives by park: the table or column itself, under a name that is the archive's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.backends.parking import CannotPark, Fill, Parked, Parking, Part, parking_for
from migration_tools.exceptions import ArchiveError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["CannotPark", "Fill", "ParkedArchives"]

Execute = Callable[[str, tuple[Any, ...] | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What stands in the way of a return, in words that continue "... cannot come back: "."""

    reason: str
    hint: str = ""


class ParkedArchives:
    """Where nothing can be parked, ``is_possible`` is false and nothing else may be called."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.catalogue = Catalogue(connection)
        self._parking = parking_for(connection)

    @property
    def is_possible(self) -> bool:
        return self._parking is not None

    @property
    def parking(self) -> Parking:
        if self._parking is None:
            raise ArchiveError("Nothing can be parked on this database.")
        return self._parking

    def refusal(self, table: str, column: str = "") -> str:
        """Why this would have to be copied, asked without a trace; "" if it can be parked."""
        if self._parking is None:
            return "nothing is parked on this database"
        try:
            self._examine(0, table, column)
        except CannotPark as reason:
            return str(reason)
        return ""

    # --- away -------------------------------------------------------------------------------

    def take(self, number: int, table: str, column: str = "") -> None:
        """Raises CannotPark, and nothing is changed but that the catalogue has a number."""
        archive = self._archive(number)
        parked = _parked(archive) or self._examine(number, table, column)
        details = {**archive.details, "parked": parked.as_dict()}
        place = parked.parked_name if parked.column is None else table
        self.catalogue.change(number, details=details, place=place)
        self.parking.park(parked)
        self.catalogue.change(number, state=State.KEPT)

    def _examine(self, number: int, table: str, column: str) -> Parked:
        if column:
            return self.parking.examine_column(number, table, column)
        return self.parking.examine_table(number, table)

    # --- and back ---------------------------------------------------------------------------

    def obstacle(self, archive: Archive, *, table: str, fill: Fill | None) -> Check | None:
        """Counted before anything is moved."""
        parked = self.parked(archive)
        home = self.table_of(archive)
        if home is None:
            if archive.state is State.RETURNING:
                return None  # it is back under its name, and some of the rest is not
            return Check(reason="it is no longer in the database")
        if parked.column is not None and home != table:
            return Check(reason=f"it is in {self.parking.quote(home)} by now")
        if parked.column is not None and not parked.is_nullable and fill is None:
            born = self.parking.count_born(parked, home)
            if born:
                return Check(
                    reason=f"{born:,} rows were added since, and it takes no NULL and has no "
                    "default for them"
                )
        return self._orphans(parked, home)

    def _orphans(self, parked: Parked, home: str) -> Check | None:
        for part in parked.dropped:
            if not part.target or not self._is_there(parked, part.table, part.target):
                continue  # its other table comes back later, and is looked at then
            orphans = self.parking.count_orphans(parked, part, home)
            if orphans:
                return Check(
                    reason=f"{orphans:,} rows of {part.table} point to rows of {part.target} that "
                    "are gone",
                    hint="With --no-restore the step is taken without it; to list them:  "
                    f"{self.parking.orphans(parked, part, home)}",
                )
        return None

    def _is_there(self, parked: Parked, *quoted: str) -> bool:
        own = self.parking.quote(parked.table)
        return all(name == own or self.parking.is_there(name) for name in quoted)

    def put_back(
        self,
        archive: Archive,
        *,
        table: str = "",
        fill: Fill | None = None,
        by: Sequence[int | None] = (),
    ) -> bool:
        """False if something that was dropped with it waits for a table: see ``finish``.

        ``by``: the operation that is given it, as ``take_back`` will know it."""
        parked = self.parked(archive)
        details = {**archive.details, "returned_by": list(by)}
        self.catalogue.change(archive.number, state=State.RETURNING, details=details)
        back = self.parking.return_statements(parked, table=table or None, fill=fill)
        self.parking.run(back)
        self._prove(parked, table or parked.table)
        self.catalogue.change(archive.number, details={**details, "is_back": True})
        return self.finish(archive)

    def finish(self, archive: Archive, *, anyhow: bool = False) -> bool:
        """Make again what was dropped with it; False if something waits for another table.

        ``anyhow``: what has nothing to hang on any more is left out.
        """
        parked = self.parked(archive)
        there = [part for part in reversed(parked.dropped) if self._can_hang(part)]
        self.parking.run([self.parking.made_again(part) for part in there])
        if len(there) < len(parked.dropped) and not anyhow:
            return False
        self.catalogue.change(archive.number, state=State.RETURNED)
        return True

    def _can_hang(self, part: Part) -> bool:
        return self.parking.is_there(part.table) and (
            not part.target or self.parking.is_there(part.target)
        )

    def _prove(self, parked: Parked, table: str) -> None:
        """It is the very same, as far as the engine has a word for that."""
        identity = self.parking.identity_of(table, parked.column)
        if identity != parked.identity or self.parking.is_parked(parked):
            raise ArchiveError(f"What came back as {table} is not what was parked.")

    # --- what a run that stopped has left -----------------------------------------------------

    def settle(self) -> list[Archive]:
        """Take back what was begun: the schema is then as it was before the operation. What is
        back but for something that waits for another table still waits, and is returned.

        Where a step is whole or not there, nothing is ever found. Not for a moment at which
        another run may be at work.
        """
        if self._parking is None:
            return []
        found = self.catalogue.find(
            strategy=Strategy.PARK, states=(State.TAKING, State.RETURNING, State.PURGING)
        )
        return [archive for archive in found if not self._settle(archive)]

    def _settle(self, archive: Archive) -> bool:
        parked = _parked(archive)
        if archive.details.get("is_back"):
            return self.finish(archive)
        if parked is None:  # a number was given out, and nothing was begun
            self.catalogue.change(archive.number, state=State.PURGED)
        elif archive.state is State.PURGING:
            self.purge(archive)
        elif archive.state is State.RETURNING:
            self.parking.park(parked)
            self.catalogue.change(archive.number, state=State.KEPT)
        else:
            self.parking.run(self.parking.return_statements(parked))
            self.finish(archive, anyhow=True)
        return True

    def take_back(self, operation: Sequence[int]) -> None:
        """What an operation did as a whole before it stopped at something else."""
        wanted = list(operation)
        for archive in self.catalogue.find(strategy=Strategy.PARK):
            details = {**archive.details}
            if archive.state is State.KEPT and details.get("taken_by") == wanted:
                self.parking.run(self.parking.return_statements(self.parked(archive)))
                self.finish(archive, anyhow=True)
            elif (
                archive.state in (State.RETURNED, State.RETURNING)
                and details.get("returned_by") == wanted
            ):
                if not self.parking.is_original_there(self.parked(archive)):
                    continue  # somebody has cleaned up by hand
                self.parking.park(self.parked(archive))
                details["is_back"] = False
                self.catalogue.change(archive.number, state=State.KEPT, details=details)

    # --- its life ---------------------------------------------------------------------------

    def purge(self, archive: Archive) -> None:
        parked = self.parked(archive)
        self.catalogue.change(archive.number, state=State.PURGING)
        self.parking.run(self.parking.purge_statements(parked, table=self.table_of(archive)))
        self.catalogue.change(archive.number, state=State.PURGED)

    def table_of(self, archive: Archive) -> str | None:
        """The table it is in; None if somebody has dropped it."""
        parked = self.parked(archive)
        if parked.column is None:
            return parked.parked_name if self.parking.is_parked(parked) else None
        return self.parking.table_of(parked)

    def home(self, archive: Archive) -> tuple[str, str, str] | None:
        """The table, the column's name in it, and the condition of what was there when it was
        parked; "" for all columns and all rows."""
        table, parked = self.table_of(archive), self.parked(archive)
        if table is None:
            return None
        if parked.column is None:
            return table, "", ""
        there = self.parking.quote(parked.marker or parked.parked_name)
        return table, parked.parked_name, f"{there} IS NOT NULL"

    def count_born(self, archive: Archive, table: str) -> int:
        """Rows that were not there yet when the column was parked."""
        home = self.table_of(archive)
        return 0 if home is None else self.parking.count_born(self.parked(archive), home)

    def parked(self, archive: Archive) -> Parked:
        found = _parked(archive)
        if found is None:
            raise ArchiveError(f"The catalogue does not say how archive {archive.number} was made.")
        return found

    def _archive(self, number: int) -> Archive:
        archive = self.catalogue.get(number)
        if archive is None:
            raise ArchiveError(f"There is no archive {number}.")
        return archive


def _parked(archive: Archive) -> Parked | None:
    given = archive.details.get("parked")
    return None if given is None else Parked.from_dict(given)


def kind_of(column: str) -> Kind:
    return Kind.COLUMN if column else Kind.TABLE
