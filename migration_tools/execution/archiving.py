"""What one run keeps of what its steps take away, and gives back of what they make anew."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migration_tools.analysis.hazards import DUPLICATES, INVENTED, NO_DEFAULT
from migration_tools.analysis.measuring import Exactness, exact
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.archives.catalogue import Archive, Catalogue, Kind, Strategy
from migration_tools.archives.parking import CannotPark, Fill, ParkedArchives, kind_of
from migration_tools.archives.private import Private
from migration_tools.backends import for_connection
from migration_tools.exceptions import ArchiveError, Refused
from migration_tools.execution import private
from migration_tools.execution.begun import Begun, Moment
from migration_tools.execution.coming import Return
from migration_tools.execution.copies import Copies
from migration_tools.execution.names import place_then
from migration_tools.execution.notes import Progress, loaded
from migration_tools.execution.returning import Returning, Unfit, unfit
from migration_tools.journal import Journal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """``strategy``: auto, park or copy. ``fills``: "app.model.field" to a value as it was typed."""

    strategy: str = "auto"
    archives: bool = True
    restores: bool = True
    fills: Mapping[str, str] = field(default_factory=dict)


class Archivist:
    """What one run keeps and gives back. ``moment``: None outside of a step."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        wishes: Wishes,
        moment: Callable[[], Moment | None],
    ) -> None:
        self._connection = connection
        self._wishes = wishes
        self._moment = moment
        self.private = Private.configured()
        self._catalogue = Catalogue(connection)
        self._parked = ParkedArchives(connection)
        self.begun = Begun(connection, moment)
        self.copies = Copies(self, connection)
        #: Put back, but for what hangs on tables that come later in the same step.
        self._waiting: list[Archive] = []
        #: What was counted before the run, by step, table and column.
        self._counted: dict[tuple[str, str, str, str], int | None] = {}
        self.taken: list[int] = []
        self.given: list[int] = []
        #: Before the run that is going on there was nothing to lose: what it makes and takes away
        #: by itself is not kept.
        self._was_empty = False

    def kept(self) -> tuple[Archive, ...]:
        """What this run has taken away and is still there."""
        found = (self._catalogue.get(number) for number in self.taken)
        return tuple(archive for archive in found if archive is not None and archive.is_holding)

    @property
    def keeps(self) -> bool:
        return self._wishes.archives and not self._was_empty

    @property
    def parks(self) -> bool:
        return self.keeps and self._wishes.strategy != "copy" and self._parked.is_possible

    def prepare(self, assessment: Assessment) -> None:
        """Before the first step, outside of its transaction."""
        if self.keeps and any(loss.archive for loss in assessment.losses):
            self._catalogue.ensure_table()

    def settle(self) -> None:
        """What a run that stopped has left half way: each operation it was in is taken back."""
        if self._connection.features.can_rollback_ddl or not self._catalogue.exists():
            return
        self.copies.settle()
        if not self._parked.is_possible:
            return
        self._waiting = self._parked.settle()
        for step in Journal(self._connection).unfinished_steps():
            stopped = (Progress.RUNNING, Progress.FAILED)
            for number, notes in enumerate(loaded(step.operations)):
                if notes.progress in stopped:
                    self._parked.take_back([step.run, step.position, number])

    def judged(self, assessment: Assessment) -> Assessment:
        """How each loss is kept. And a column that comes back with its values needs no others for
        the rows that are there."""
        self._counted.clear()
        self._was_empty = assessment.empty
        if self._wishes.archives:
            losses = tuple(
                self._with_archive(loss, place_then(loss, assessment)) for loss in assessment.losses
            )
            assessment = replace(assessment, losses=losses)
        if self._wishes.restores and self._catalogue.exists():
            found = [self._judged(f, place_then(f, assessment)) for f in assessment.findings]
            findings = [finding for finding in found if finding]
            assessment = replace(assessment, findings=tuple(findings))
        return assessment

    def returns(self, assessment: Assessment, *, seconds: float) -> tuple[Return, ...]:
        """What the plan will bring back; raises ArchiveError if something of it cannot."""
        if not self._wishes.restores:
            return ()
        return Returning(self._connection, self._wishes.fills, seconds=seconds).of(assessment)

    def unfit(self) -> tuple[Unfit, ...]:
        """What has come back, but not as a whole."""
        return tuple(unfit(self.copies.returned, self._connection))

    def decline(self) -> None:
        """Nothing is brought back."""
        self._wishes = replace(self._wishes, restores=False)

    def _with_archive(self, loss: Loss, then: tuple[str, str]) -> Loss:
        """``then``: the names of its table and column at the step."""
        if loss.kind is not LossKind.FILLS:
            if not loss.archivable:
                return replace(loss, unkept="Django's schema editor does not see it go")
            if reason := private.unkept(loss, self.private):
                return replace(loss, unkept=reason)
        place = (loss.step.app, loss.step.name, *then)
        # A column may lose values in several ways at one step.
        known = loss.amount.exactness in (Exactness.EXACT, Exactness.AT_MOST)
        before = self._counted.get(place, 0)
        count = loss.amount.count if known else None
        self._counted[place] = None if before is None or count is None else before + count
        if loss.kind is LossKind.FILLS:
            return loss
        if loss.kind is not LossKind.VALUES and self._wishes.strategy != "copy":
            partly = private.left_out(loss, self.private)
            reason = f"a part of it is {partly}" if partly else ""
            reason = reason or self._parked.refusal(loss.table, loss.column)
            if not reason:
                return replace(loss, archive=Strategy.PARK.value)
            if self._wishes.strategy == "park":
                raise Refused(
                    f"--archive park: {what(loss.table, loss.column)} cannot be parked: {reason}. "
                    "Nothing was changed.",
                    hint="With --archive auto it is copied.",
                )
        reason = self.copies.refusal(loss.table, loss.column)
        if not reason and self.private.among(loss.key):
            reason = "its table's primary key is private"
        if not reason:
            return private.with_left_out(replace(loss, archive=Strategy.COPY.value), self.private)
        return replace(loss, unkept=reason)

    def _judged(self, finding: Finding, then: tuple[str, str]) -> Finding | None:
        if finding.hazard not in (NO_DEFAULT, INVENTED, DUPLICATES):
            return finding
        step = finding.step
        moment = Moment(run=None, app=step.app, name=step.name, direction=step.direction)
        archive = self._latest(moment, *then)
        if archive is None:
            return finding
        born = self._keeper(archive).count_born(archive, finding.table)
        if finding.hazard is DUPLICATES:  # one value for all of them, but only for them
            return finding if born else None
        typed = f".{finding.column}"
        if not born or any(name.endswith(typed) for name in self._wishes.fills):
            return None
        return replace(finding, hazard=NO_DEFAULT, severity=NO_DEFAULT.severity, rows=exact(born))

    # --- away -------------------------------------------------------------------------------

    def _keeper(self, archive: Archive) -> Any:
        return self._parked if archive.strategy is Strategy.PARK else self.copies

    @property
    def moment(self) -> Moment | None:
        return self._moment()

    @property
    def wishes(self) -> Wishes:
        return self._wishes

    def succeed(self, table: str, column: str) -> None:
        """What went at the same step before has its successor now, if only an empty one."""
        if moment := self._moment():
            step = {"app": moment.app, "name": moment.name, "direction": moment.direction}
            # Not what this operation had made itself before it stopped.
            spared = self.begun.operations()
            self._catalogue.supersede(spared=spared, **step, table=table, column=column)

    def counted(self, table: str, column: str) -> int | None:
        """Before the run, for the step that is running; None where nobody could."""
        moment = self._moment()
        if moment is None:
            return None
        return self._counted.get((moment.app, moment.name, table, column))

    def take(
        self, table: str, column: str = "", *, without: Sequence[str] = (), nulls: bool = False
    ) -> bool:
        """Whether it is out of the way now; if not, it is to be dropped. ``without``: columns of
        it that are not to be kept, for which it is copied. ``nulls``: they are worth keeping."""
        moment = self._moment()
        if moment is None:
            return False
        self.succeed(table, column)
        if not self.parks or without or not self.holds_something(table, column, nulls=nulls):
            return False
        if self._parked.refusal(table, column):
            return False  # it is copied, as the plan has said
        self._catalogue.ensure_table()
        number = self._catalogue.open(
            run=moment.run,
            app=moment.app,
            name=moment.name,
            direction=moment.direction,
            kind=kind_of(column),
            strategy=Strategy.PARK,
            table=table,
            column=column,
            rows=self.counted(table, column),
        )
        self._catalogue.change(number, details=details_of(moment))
        try:
            with moment.unwatched():
                self._parked.take(number, table, column)
        except CannotPark as reason:
            self._catalogue.discard(number)
            raise ArchiveError(
                f"{what(table, column)} cannot be parked: {reason}. The step was stopped before "
                "it was dropped.",
                hint="With --no-archive it is dropped without a copy.",
            ) from reason
        self.taken.append(number)
        return True

    def holds_something(self, table: str, column: str, *, nulls: bool = False) -> bool:
        """``nulls``: they count as well. Nothing, where a step that stopped has taken it away."""
        names = for_connection(self._connection).columns_of([table]).get(table)
        if names is None or (column and column not in names):
            return False
        quote = self._connection.ops.quote_name
        where = f" WHERE {quote(column)} IS NOT NULL" if column and not nulls else ""
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {quote(table)}{where} LIMIT 1")
            return cursor.fetchone() is not None

    # --- and back ---------------------------------------------------------------------------

    def give_table(self, model: Any) -> bool:
        archive = self._parked_one(model._meta.db_table)
        if archive is None:
            return False
        wanted = [f.column for f in model._meta.local_concrete_fields]
        self._require_same(archive, wanted)
        self._give(archive, model._meta.db_table, None)
        return True

    def give_column(self, editor: Any, model: Any, field: Any) -> bool:
        archive = self._parked_one(model._meta.db_table, field.column)
        if archive is None:
            return False
        self._give(archive, model._meta.db_table, self.fill(editor, model, field))
        return True

    def _found(self, table: str, column: str = "", kind: Kind | None = None) -> Archive | None:
        moment = self._moment()
        found = self._latest(moment, table, column, kind) if moment else None
        if found is None:
            return None
        if not self._wishes.restores:
            self._catalogue.supersede(pk=found.number)
            return None
        return found

    def _parked_one(self, table: str, column: str = "") -> Archive | None:
        found = self._found(table, column)
        return found if found and found.strategy is Strategy.PARK else None

    def copied_one(self, table: str, column: str = "", kind: Kind | None = None) -> Archive | None:
        """The copy that comes back now; a table's, a column's or (``kind``) one of values."""
        found = self._found(table, column, kind)
        return found if found and found.strategy is Strategy.COPY else None

    def _latest(
        self, moment: Moment, table: str, column: str, kind: Kind | None = None
    ) -> Archive | None:
        return self._catalogue.latest_for(
            app=moment.app,
            name=moment.name,
            direction=moment.direction,
            kind=kind or kind_of(column),
            table=table,
            column=column,
        )

    def require_unedited(self, archive: Archive, what_it_is: str) -> None:
        moment, source = self._moment(), archive.details.get("source")
        if moment and source and moment.source and source != moment.source:
            raise ArchiveError(
                f"{what_it_is} cannot come back from archive {archive.number}: the migration is "
                "not the one that took it away, it was edited since.",
                hint="With --no-restore the step is taken without it; then, by hand:  manage.py "
                f"migration_archives restore {archive.number}",
            )

    def _give(self, archive: Archive, table: str, fill: Fill | None) -> None:
        what_it_is = what(table, archive.column)
        self.require_unedited(archive, what_it_is)
        moment = self._moment()
        check = self._parked.obstacle(archive, table=table, fill=fill)
        if check is not None:
            raise ArchiveError(
                f"{what_it_is} cannot come back from archive {archive.number}: {check.reason}.",
                hint=check.hint or "With --no-restore the step is taken without it.",
            )
        with moment.unwatched() if moment else contextlib.nullcontext():
            by = moment.operation if moment else ()
            is_whole = self._parked.put_back(archive, table=table, fill=fill, by=by)
        if not is_whole:
            self._waiting.append(archive)
        self.given.append(archive.number)

    def finish(self) -> None:
        """At the end of a step: the other tables are there by now."""
        moment = self._moment()
        with moment.unwatched() if moment else contextlib.nullcontext():
            self._waiting = [each for each in self._waiting if not self._parked.finish(each)]

    def forget(self) -> None:
        self._waiting.clear()
        self.copies.forget()

    def fill(self, editor: Any, model: Any, field: Any) -> Fill | None:
        """What AddField puts into rows that are there."""
        typed = self._wishes.fills.get(name_of(model, field))
        if typed is not None:
            value = field.get_db_prep_save(field.to_python(typed), self._connection)
            return Fill(value=value)
        if field.has_db_default():
            return Fill(is_default=True)
        value = editor.effective_default(field)
        return None if value is None else Fill(value=value)

    def _require_same(self, archive: Archive, wanted: list[str]) -> None:
        home = self._parked.table_of(archive)
        if home is None:
            return
        with self._connection.cursor() as cursor:
            found = self._connection.introspection.get_table_description(cursor, home)
        there = {column.name for column in found if not column.name.startswith("_mt_")}
        if there != set(wanted):
            raise ArchiveError(
                f"{archive.table} cannot come back from archive {archive.number}: it has other "
                f"columns than the step makes ({', '.join(sorted(there ^ set(wanted)))}).",
                hint="With --no-restore the step is taken without it.",
            )


def details_of(moment: Moment) -> dict[str, Any]:
    return {"source": moment.source, "taken_by": list(moment.operation)}


def what(table: str, column: str) -> str:
    return f"{table}.{column}" if column else table


def name_of(model: Any, field: Any) -> str:
    return f"{model._meta.label_lower}.{field.name}".lower()
