"""The editor of a run that keeps what a step takes away, and gives back what it makes anew.

At the moment of ``remove_field`` and ``delete_model`` the names are the physical ones and the rows
are what earlier steps have left. What has been taken out of the way need not be dropped any more:
the statement that would do it is swallowed, and the rest of what Django does there stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from migration_tools.analysis.hazards import INVENTED, NO_DEFAULT
from migration_tools.analysis.measuring import Exactness, exact
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.archives.catalogue import Archive, Catalogue, Strategy
from migration_tools.archives.parking import CannotPark, Fill, ParkedArchives, kind_of
from migration_tools.conf import configuration
from migration_tools.exceptions import ArchiveError, Refused
from migration_tools.execution.notes import Progress, loaded
from migration_tools.journal import Journal
from migration_tools.plan import Direction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor as Base
else:
    Base = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The step that is running. ``source``: a hash of its file, "" for none. ``unwatched``: in
    there the journal does not note statements, which would not be the same another time.
    ``operation``: run, step and operation, by their numbers."""

    run: int | None
    app: str
    name: str
    direction: Direction
    source: str = ""
    operation: tuple[int | None, ...] = ()
    unwatched: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext


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
        self._catalogue = Catalogue(connection)
        self._parked = ParkedArchives(connection)
        #: Put back, but for what hangs on tables that come later in the same step.
        self._waiting: list[Archive] = []
        #: What was counted before the run, by step, table and column.
        self._counted: dict[tuple[str, str, str, str], int | None] = {}
        self.taken: list[int] = []
        self.given: list[int] = []

    @property
    def parks(self) -> bool:
        wanted = self._wishes.archives and self._wishes.strategy != "copy"
        return wanted and self._parked.is_possible

    def prepare(self, assessment: Assessment) -> None:
        """Before the first step, outside of its transaction."""
        if self.parks and assessment.destroyed:
            self._catalogue.ensure_table()

    def settle(self) -> None:
        """What a run that stopped has left half way: each operation it was in is taken back."""
        if not self._parked.is_possible or not self._catalogue.exists():
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
        if self.parks:
            losses = tuple(self._with_archive(loss) for loss in assessment.losses)
            assessment = replace(assessment, losses=losses)
        if self._wishes.restores and self._parked.is_possible and self._catalogue.exists():
            findings = [f for found in assessment.findings if (f := self._judged(found))]
            assessment = replace(assessment, findings=tuple(findings))
        return assessment

    def _with_archive(self, loss: Loss) -> Loss:
        if loss.kind not in (LossKind.TABLE, LossKind.COLUMN):
            return loss
        place = (loss.step.app, loss.step.name, loss.table, loss.column)
        exactly = loss.amount.exactness is Exactness.EXACT
        self._counted[place] = loss.amount.count if exactly else None
        reason = self._parked.refusal(loss.table, loss.column)
        if not reason:
            return replace(loss, archive=Strategy.PARK.value)
        if self._wishes.strategy == "park":
            raise Refused(
                f"--archive park: {_what(loss.table, loss.column)} cannot be parked: {reason}. "
                "Nothing was changed.",
                hint="With --archive auto it is not kept; the plan says so and asks.",
            )
        return replace(loss, reason="; ".join(filter(None, (loss.reason, f"not kept: {reason}"))))

    def _judged(self, finding: Finding) -> Finding | None:
        if finding.hazard not in (NO_DEFAULT, INVENTED):
            return finding
        step = finding.step
        moment = Moment(run=None, app=step.app, name=step.name, direction=step.direction)
        archive = self._latest(moment, finding.table, finding.column)
        if archive is None or archive.strategy is not Strategy.PARK:
            return finding
        born = self._parked.count_born(archive)
        typed = f".{finding.column}"
        if not born or any(name.endswith(typed) for name in self._wishes.fills):
            return None
        return replace(finding, hazard=NO_DEFAULT, severity=NO_DEFAULT.severity, rows=exact(born))

    # --- away -------------------------------------------------------------------------------

    def take(self, table: str, column: str = "") -> bool:
        """Whether it is out of the way now; if not, it is to be dropped."""
        moment = self._moment()
        if moment is None:
            return False
        # What went at the same step before has its successor now, be there anything in it or not.
        step = {"app": moment.app, "name": moment.name, "direction": moment.direction}
        self._catalogue.supersede(**step, table=table, column=column)
        if not self.parks or not self._holds_something(table, column):
            return False
        if self._parked.refusal(table, column):
            return False  # as the plan has said
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
            rows=self._counted.get((moment.app, moment.name, table, column)),
        )
        self._catalogue.change(number, details=_details(moment))
        try:
            with moment.unwatched():
                self._parked.take(number, table, column)
        except CannotPark as reason:
            self._catalogue.discard(number)
            raise ArchiveError(
                f"{_what(table, column)} cannot be parked: {reason}. The step was stopped before "
                "it was dropped.",
                hint="With --no-archive it is dropped without a copy.",
            ) from reason
        self.taken.append(number)
        return True

    def _holds_something(self, table: str, column: str) -> bool:
        quote = self._connection.ops.quote_name
        where = f" WHERE {quote(column)} IS NOT NULL" if column else ""
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {quote(table)}{where} LIMIT 1")
            return cursor.fetchone() is not None

    # --- and back ---------------------------------------------------------------------------

    def give_table(self, model: Any) -> bool:
        archive = self._found(model._meta.db_table)
        if archive is None:
            return False
        wanted = [f.column for f in model._meta.local_concrete_fields]
        self._require_same(archive, wanted)
        self._give(archive, model._meta.db_table, None)
        return True

    def give_column(self, editor: Any, model: Any, field: Any) -> bool:
        archive = self._found(model._meta.db_table, field.column)
        if archive is None:
            return False
        self._give(archive, model._meta.db_table, self._fill(editor, model, field))
        return True

    def _found(self, table: str, column: str = "") -> Archive | None:
        moment = self._moment()
        if moment is None or not self._parked.is_possible:
            return None
        found = self._latest(moment, table, column)
        if found is None or found.strategy is not Strategy.PARK:
            return None
        if not self._wishes.restores:
            self._catalogue.supersede(pk=found.number)
            return None
        return found

    def _latest(self, moment: Moment, table: str, column: str) -> Archive | None:
        return self._catalogue.latest_for(
            app=moment.app,
            name=moment.name,
            direction=moment.direction,
            kind=kind_of(column),
            table=table,
            column=column,
        )

    def _give(self, archive: Archive, table: str, fill: Fill | None) -> None:
        what = _what(table, archive.column)
        moment, source = self._moment(), archive.details.get("source")
        if moment and source and moment.source and source != moment.source:
            raise ArchiveError(
                f"{what} cannot come back from archive {archive.number}: the migration is not the "
                "one that took it away, it was edited since.",
                hint="With --no-restore the step is taken without it; then, by hand:  manage.py "
                f"migration_archives restore {archive.number}",
            )
        check = self._parked.obstacle(archive, table=table, fill=fill)
        if check is not None:
            raise ArchiveError(
                f"{what} cannot come back from archive {archive.number}: {check.reason}.",
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

    def _fill(self, editor: Any, model: Any, field: Any) -> Fill | None:
        """What AddField puts into rows that are there."""
        typed = self._wishes.fills.get(_name_of(model, field))
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


def _details(moment: Moment) -> dict[str, Any]:
    return {"source": moment.source, "taken_by": list(moment.operation)}


def _what(table: str, column: str) -> str:
    return f"{table}.{column}" if column else table


def _name_of(model: Any, field: Any) -> str:
    return f"{model._meta.label_lower}.{field.name}".lower()


class ArchivingEditor(Base):
    """On top of the connection's own editor, at the two places where things go and come."""

    archivist: Archivist
    #: Statements that have nothing left to drop.
    _swallowed: frozenset[str] = frozenset()

    def execute(self, sql: Any, params: Any = ()) -> None:
        if not self._swallowed or str(sql) not in self._swallowed:
            super().execute(sql, params)

    def delete_model(self, model: Any, **options: Any) -> None:
        table = model._meta.db_table
        before = self._swallowed
        if not self.collect_sql and self.archivist.take(table):
            drop = self.sql_delete_table % {"table": self.quote_name(table)}
            self._swallowed = before | {drop}
        try:
            super().delete_model(model, **options)
        finally:
            self._swallowed = before

    def remove_field(self, model: Any, field: Any) -> None:
        table = model._meta.db_table
        before = self._swallowed
        if self._may_keep(field) and self.archivist.take(table, field.column):
            drop = self.sql_delete_column % {
                "table": self.quote_name(table),
                "column": self.quote_name(field.column),
            }
            self._swallowed = before | {drop}
        try:
            super().remove_field(model, field)
        finally:
            self._swallowed = before

    def create_model(self, model: Any) -> None:
        if self.collect_sql or not self.archivist.give_table(model):
            super().create_model(model)
            return
        for each in model._meta.local_many_to_many:
            if each.remote_field.through._meta.auto_created:
                self.create_model(each.remote_field.through)

    def add_field(self, model: Any, field: Any) -> None:
        if not self._may_keep(field) or not self.archivist.give_column(self, model, field):
            super().add_field(model, field)

    def _may_keep(self, field: Any) -> bool:
        """Not of a field without a column, nor of values that the database computes."""
        stored = field.db_parameters(connection=self.connection)["type"] is not None
        return stored and not self.collect_sql and not getattr(field, "generated", False)

    def __exit__(self, *exc_info: Any) -> None:
        if exc_info[0] is None:
            self.archivist.finish()
        else:
            self.archivist.forget()
        super().__exit__(*exc_info)


def archiving(editor_class: type[Any], archivist: Archivist) -> type[Any]:
    """``editor_class`` with this archivist; another that it may have is of a run round this one."""
    is_one = issubclass(editor_class, ArchivingEditor)
    bases = (editor_class,) if is_one else (ArchivingEditor, editor_class)
    return type("ArchivingSchemaEditor", bases, {"archivist": archivist})


def with_archives(assessment: Assessment, connection: BaseDatabaseWrapper) -> Assessment:
    """As a run would see it that is told nothing about archives; only reads."""
    strategy = "copy" if configuration().archive == "copy" else "auto"
    return Archivist(connection, Wishes(strategy=strategy), lambda: None).judged(assessment)
