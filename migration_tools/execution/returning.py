"""What a plan brings back, looked at before its first step: how much, what does not fit, and what
would stop it on its way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import django.db

from migration_tools.analysis import effects as fx
from migration_tools.analysis.lineage import Lineage
from migration_tools.analysis.sources import source_hash, source_of
from migration_tools.analysis.verdicts import Assessment
from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.archives.conflicts import Conflict, Conflicts, Place
from migration_tools.archives.copying import CopiedArchives
from migration_tools.archives.giving import Returned
from migration_tools.archives.parking import Fill, ParkedArchives
from migration_tools.backends import for_connection
from migration_tools.columns import Column
from migration_tools.exceptions import ArchiveError
from migration_tools.execution.coming import Return
from migration_tools.execution.private import required_fills
from migration_tools.plan import Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

WITHOUT = "With --no-restore the step is taken without it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """``rows``: that have come back."""

    archive: Archive
    rows: int
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """An archive at the effect it comes back with. ``there``: where its other rows are now, None
    where that cannot be told."""

    step: Step
    archive: Archive
    effect: fx.TableCreated | fx.ColumnAdded | fx.ColumnAltered
    there: Place | None


class Returning:
    """``fills``: "app.model.field" to a value as it was typed."""

    def __init__(
        self, connection: BaseDatabaseWrapper, fills: Mapping[str, str], *, seconds: float
    ) -> None:
        self._backend = for_connection(connection)
        self._catalogue = Catalogue(connection)
        self._parked = ParkedArchives(connection)
        self._copied = CopiedArchives(connection)
        self._conflicts = Conflicts(connection, self._count)
        self._fills = fills
        self._deadline = time.monotonic() + seconds
        #: Tables that are archived now, by the name they come back to.
        self._homes: dict[str, str] = {}

    def of(self, assessment: Assessment) -> tuple[Return, ...]:
        """Raises ArchiveError if something cannot come back."""
        if not self._catalogue.exists():
            return ()
        with self._backend.read_only():
            return tuple(self._found(assessment))

    def _found(self, assessment: Assessment) -> Iterator[Return]:
        after_opaque = False
        for coming in self._coming(assessment):
            if isinstance(coming, fx.Opaque):
                after_opaque = True
                continue
            if not after_opaque:  # the code may mend it
                self._require_possible(coming, assessment)
            yield Return(
                step=coming.step,
                archive=coming.archive,
                rows=self._conflicts.fitting(coming.archive, coming.there),
                conflicts=tuple(self._conflicts.found(coming.archive, coming.there)),
            )

    # --- which ------------------------------------------------------------------------------

    def _coming(self, assessment: Assessment) -> Iterator[_Candidate | fx.Opaque]:
        effects = [
            (step.step, effect)
            for step in assessment.steps
            for operation in step.operations
            for effect in operation.effects
        ]
        tables = {name for _, effect in effects for name in fx.tables_of(effect)}
        tables |= {c.references.table for _, e in effects for c in _columns(e) if c.references}
        self._lineage = Lineage(
            self._backend.columns_of(sorted(tables)),
            quote=self._backend.quote,
            fold_table=self._backend.fold_table,
            fold_column=self._backend.fold_column,
        )
        for step, effect in effects:
            if isinstance(effect, fx.Opaque):
                yield effect
            elif coming := self._at(step, effect):
                yield coming
            self._follow(effect)

    def _at(self, step: Step, effect: fx.Effect) -> _Candidate | None:
        match effect:
            case fx.TableCreated():
                archive = self._latest(step, Kind.TABLE, effect.table)
                there = None
            case fx.ColumnAdded():
                archive = self._latest(step, Kind.COLUMN, effect.table, effect.column.name)
                there = self._place(effect.table)
            case fx.ColumnAltered():
                archive = self._latest(step, Kind.VALUES, effect.table, effect.new.name)
                there = self._place(effect.table, effect.old.name)
            case _:
                return None
        if archive is None:
            return None
        if isinstance(effect, fx.TableCreated):
            self._homes[effect.table] = archive.place
        return _Candidate(step=step, archive=archive, effect=effect, there=there)

    def _latest(self, step: Step, kind: Kind, table: str, column: str = "") -> Archive | None:
        return self._catalogue.latest_for(
            app=step.app,
            name=step.name,
            direction=step.direction,
            kind=kind,
            table=table,
            column=column,
        )

    def _place(self, table: str, column: str = "") -> Place | None:
        """Today's, or the archive that the table comes back from earlier in the plan."""
        if home := self._homes.get(table):
            return Place(table=home)
        line = self._lineage.table(table)
        if line.origin is None:
            return None
        origin = self._lineage.column(table, column).origin if column else ""
        return Place(table=line.origin, column=origin or "")

    def _follow(self, effect: fx.Effect) -> None:
        self._lineage.follow(effect)
        if isinstance(effect, fx.TableRenamed) and (home := self._homes.pop(effect.table, None)):
            self._homes[effect.new_table] = home

    def _count(self, query: str) -> int | None:
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            return None
        connection = self._backend.connection
        try:
            with self._backend.time_limit(seconds), connection.cursor() as cursor:
                cursor.execute(query)
                return int(cursor.fetchone()[0])
        except django.db.OperationalError:
            return None

    # --- what stands in the way -------------------------------------------------------------

    def _require_possible(self, coming: _Candidate, assessment: Assessment) -> None:
        for reason, hint in self._obstacles(coming, assessment):
            archive = coming.archive
            name = f"{archive.table}.{archive.column}" if archive.column else archive.table
            raise ArchiveError(
                f"{name} cannot come back from archive {archive.number} at {coming.step.label}: "
                f"{reason}. Nothing was changed.",
                hint=hint or WITHOUT,
            )

    def _obstacles(self, coming: _Candidate, assessment: Assessment) -> Iterator[tuple[str, str]]:
        archive = coming.archive
        source, now = archive.details.get("source"), _source(coming.step, assessment)
        if source and now and source != now:
            by_hand = f"manage.py migration_archives restore {archive.number}"
            yield (
                "the migration is not the one that took it away, it was edited since",
                f"With --no-restore the step is taken without it; then, by hand:  {by_hand}",
            )
        if archive.state is State.RETURNING:
            return  # it is back, and something of it waits
        is_parked = archive.strategy is Strategy.PARK
        keeper = self._parked if is_parked else self._copied
        if keeper.home(archive) is None:
            yield "it is no longer in the database", ""
            return
        if isinstance(coming.effect, fx.TableCreated):
            yield from self._other_columns(coming.effect, archive)
        if is_parked:
            yield from self._parked_obstacles(coming)
        else:
            yield from self._orphans(coming)

    def _other_columns(
        self, effect: fx.TableCreated, archive: Archive
    ) -> Iterator[tuple[str, str]]:
        wanted = {column.name for column in effect.columns}
        kept: Sequence[str] = archive.details.get("columns", ())
        without: Sequence[str] = archive.details.get("without", ())
        if archive.strategy is Strategy.PARK:
            kept = self._backend.columns_of([archive.place]).get(archive.place, ())
        there = {name for name in kept if not name.startswith("_mt_")}
        if other := (there | set(without)) ^ wanted:
            yield f"it has other columns than the step makes ({', '.join(sorted(other))})", ""
        missing = [column for column in effect.columns if column.name in without]
        yield from required_fills(effect.model, missing, archive, self._fills)

    def _parked_obstacles(self, coming: _Candidate) -> Iterator[tuple[str, str]]:
        effect = coming.effect
        table = coming.there.table if coming.there else effect.table
        # Rows born since are told, and refused where they must be, with the plan's other findings.
        check = self._parked.obstacle(coming.archive, table=table, fill=Fill(value=None))
        if check is not None:
            yield check.reason, check.hint

    def _orphans(self, coming: _Candidate) -> Iterator[tuple[str, str]]:
        if isinstance(coming.effect, fx.ColumnAltered):
            return
        there = coming.there or Place(table=coming.archive.place)
        for column in _columns(coming.effect):
            reference = column.references
            if reference is None or not reference.constraint:
                continue
            target = self._place(reference.table)
            if target is None or (coming.archive.kind is Kind.COLUMN and coming.there is None):
                continue  # it comes back later in the plan, and is looked at then
            for found in self._conflicts.orphans(
                coming.archive, column.name, reference, target, there
            ):
                if found.rows:
                    rows = "1 row points" if found.rows == 1 else f"{found.rows:,} rows point"
                    yield (
                        f"{rows} to rows of {found.target} that are gone",
                        f"{WITHOUT.removesuffix('.')}; to list them:  {found.query}",
                    )


def unfit(
    returned: Sequence[tuple[Archive, Returned]], connection: BaseDatabaseWrapper
) -> Iterator[Unfit]:
    """Of copies that are back, those of which something stayed away."""
    backend = for_connection(connection)

    def count(query: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return int(cursor.fetchone()[0])

    for archive, found in returned:
        if not (found.gone or found.edited):
            continue
        # A later step may have renamed or dropped it.
        there = backend.columns_of([archive.table, archive.place]).keys()
        whole = {archive.table, archive.place} <= there
        conflicts = Conflicts(connection, count).afterwards(archive, archive.table)
        yield Unfit(archive=archive, rows=found.rows, conflicts=tuple(conflicts) if whole else ())


def _columns(effect: fx.Effect) -> tuple[Column, ...]:
    match effect:
        case fx.TableCreated():
            return effect.columns
        case fx.ColumnAdded():
            return (effect.column,)
    return ()


def _source(step: Step, assessment: Assessment) -> str:
    migrations = (
        m for m in assessment.plan.migrations if (m.app_label, m.name) == (step.app, step.name)
    )
    found = next(migrations, None)
    return source_hash(source_of(found)) if found is not None else ""
