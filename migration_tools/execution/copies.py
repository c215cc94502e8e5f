"""The part of a run's archives that is copied, around the statements that destroy.

Where a thing can be parked it is; copied are, everywhere, values that a changed column would lose,
and whatever an engine cannot park or a person wants copied.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from migration_tools.analysis.describing import describe
from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.archives.copying import CopiedArchives
from migration_tools.archives.giving import GivenCopies, Returned, returned_before
from migration_tools.backends import for_connection
from migration_tools.columns import Column
from migration_tools.exceptions import ArchiveError
from migration_tools.execution import private
from migration_tools.execution.private import Fill

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.execution.archiving import Archivist

T = TypeVar("T")


class Copies:
    def __init__(self, archivist: Archivist, connection: BaseDatabaseWrapper) -> None:
        self._archivist = archivist
        self._connection = connection
        self._backend = for_connection(connection)
        self._catalogue = Catalogue(connection)
        self._copied = CopiedArchives(connection)
        self._back = GivenCopies(connection)
        self._begun = archivist.begun
        self._quote = connection.ops.quote_name
        #: Back in the step that is running, which may still fail.
        self._returned: list[tuple[Archive, Returned]] = []
        #: Back for good, in steps that are done.
        self.returned: list[tuple[Archive, Returned]] = []

    def refusal(self, table: str, column: str) -> str:
        return self._copied.refusal(table, column)

    def count_born(self, archive: Archive, table: str) -> int:
        """``table``: its name today, which may not be what it is at the step."""
        there = self._backend.columns_of([table]).get(table, ())
        if not set(archive.details["key"]) <= set(there):
            return 0  # counted when the step is there
        return self._back.count_born(archive, table)

    def settle(self) -> None:
        """After a run that stopped. A copy that was not complete: what it is of is still there.
        One that came back, in a step that was done: nobody lived to write that down."""
        copies = {"strategy": Strategy.COPY}
        for archive in self._catalogue.find(**copies, states=[State.TAKING, State.PURGING]):
            self._copied.discard(archive.number)
        for archive in self._catalogue.find(**copies, states=[State.KEPT]):
            if by := archive.details.get("given_by"):
                runs = self._begun.finished_by(archive)
                if by[0] in runs:
                    self._back.conclude(archive, returned_before(archive))
                elif any(run > by[0] for run in runs):
                    self._catalogue.change(archive.number, state=State.SUPERSEDED)

    @contextlib.contextmanager
    def _apart(self, kept: AbstractContextManager[T]) -> Iterator[T]:
        """The statements of ``kept`` are no part of the operation, those inside of it are: the
        journal does not number what carries a new number another time."""
        with self._unwatched():
            told = kept.__enter__()
        try:
            yield told
        except BaseException as error:
            with self._unwatched():
                if not kept.__exit__(type(error), error, error.__traceback__):
                    raise
        else:
            with self._unwatched():
                kept.__exit__(None, None, None)

    def _unwatched(self) -> AbstractContextManager[None]:
        moment = self._archivist.moment
        return moment.unwatched() if moment else contextlib.nullcontext()

    def _begin_again(self, begun: Archive | None, *, filled: bool = False) -> None:
        """What the copy is of is there as before, and may have been written since; ``filled``: but
        for NULLs, which may have got a value."""
        if begun is not None and filled:
            self._catalogue.change(begun.number, state=State.SUPERSEDED)
        elif begun is not None:
            with self._unwatched():
                self._copied.purge(begun)

    # --- away -------------------------------------------------------------------------------

    def wants_table(self, table: str) -> bool:
        return self._wants(table, "") and self._archivist.holds_something(table, "")

    def _wants(self, table: str, column: str) -> bool:
        asked = self._archivist.moment is not None and self._archivist.keeps
        return asked and not self._copied.refusal(table, column)

    @contextlib.contextmanager
    def keeping_table(self, table: str, without: Sequence[str] = ()) -> Iterator[None]:
        begun = self._begun.copy(Kind.TABLE, table)
        if not self.wants_table(table):
            self._recall(begun)
            yield
            return
        self._begin_again(begun)
        number = self._open(Kind.TABLE, table, "")
        with (
            self._undone_if_there(number, table, ""),
            self._apart(self._copied.keep_table(number, table, without)) as rows,
        ):
            self._require_no_more(rows, table, "")
            yield

    @contextlib.contextmanager
    def keeping_column(self, table: str, column: str, *, nulls: bool) -> Iterator[None]:
        wanted = self._wants(table, column) and self._archivist.holds_something(
            table, column, nulls=nulls
        )
        begun = self._begun.copy(Kind.COLUMN, table, column)
        if not wanted:
            self._recall(begun)
            yield
            return
        self._begin_again(begun)
        number = self._open(Kind.COLUMN, table, column)
        with (
            self._undone_if_there(number, table, column),
            self._apart(self._copied.keep_column(number, table, column)) as values,
        ):
            self._require_no_more(values, table, column)
            yield

    def around_change(self, kept: contextlib.ExitStack, model: Any, old: Any, new: Any) -> None:
        """What comes back with the change, and what goes with it; the same change may do both."""
        table = model._meta.db_table
        archive = self._archivist.copied_one(table, new.column, Kind.VALUES)
        # The copy is complete only when the other values are back: that context is the inner one.
        is_kept = self._keeping_change(kept, model, old, new, archive)
        if archive is not None:
            kept.enter_context(self._giving_values(archive, table, old, new, is_held=is_kept))

    def _keeping_change(
        self, kept: contextlib.ExitStack, model: Any, old: Any, new: Any, coming: Archive | None
    ) -> bool:
        """Whether the table is held meanwhile; ``coming``: what comes back into it."""
        table = model._meta.db_table
        begun = self._begun.copy(Kind.VALUES, table, old.column)
        if self._has_changed():
            kept.callback(self._complete_values, begun, new)
            return False
        self._begin_again(begun, filled=old.null and not new.null)
        self._archivist.succeed(table, old.column)
        hidden = self._archivist.private
        if hidden.covers_field(model, old) or hidden.covers_field(model, new):
            return False
        where = "" if hidden.has_private_key(model) else self._lost_where(old, new)
        if not (where and self._wants(table, old.column) and self._is_any(table, where)):
            return False
        also = (coming.place,) if coming else ()
        kept.enter_context(self._keeping_values(table, old, new, where, also=also))
        return True

    def _has_changed(self) -> bool:
        """The operation has stopped once, after the values had got their new type."""
        return self._copied.changes_type(self._begun.statements)

    def _complete_values(self, begun: Archive | None, new: Any) -> None:
        if begun is not None:
            with self._unwatched():
                self._copied.complete_values(begun, self._declared(new))
            self._recall(begun)

    def _declared(self, field: Any) -> str:
        return str(field.db_parameters(connection=self._connection)["type"])

    def _recall(self, begun: Archive | None) -> None:
        """It was taken by this step, if not by this run."""
        if begun is not None:
            self._archivist.taken.append(begun.number)

    def _lost_where(self, old: Any, new: Any) -> str:
        """Which values the change loses, in the engine's words; "" for none."""
        before, after = (describe(f, self._connection, online=True) for f in (old, new))
        column = self._quote(old.column)
        if before.primary_key:
            return ""
        filled = f"{column} IS NULL" if old.null and not new.null else ""
        changed = self._changed_where(before, after, column)
        return " OR ".join(part for part in (changed, filled) if part)

    def _changed_where(self, before: Column, after: Column, column: str) -> str:
        if not self._backend.converts(before, after):
            return ""
        conversion = self._backend.conversion(before, after, column)
        if conversion.unknown:
            return f"{column} IS NOT NULL"
        # Of some values only the engine knows what it makes of them: they may be lost.
        judgements = (*conversion.lost, *conversion.doubtful)
        return " OR ".join(f"({judgement.predicate})" for judgement in judgements)

    def _is_any(self, table: str, where: str) -> bool:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT 1 FROM {self._quote(table)} WHERE {where} LIMIT 1")
            return cursor.fetchone() is not None

    @contextlib.contextmanager
    def _keeping_values(
        self, table: str, old: Any, new: Any, where: str, *, also: tuple[str, ...]
    ) -> Iterator[None]:
        number = self._open(Kind.VALUES, table, old.column)
        into = (new.column, self._declared(new))
        kept = self._copied.keep_values(number, table, old.column, where, new=into, also=also)
        with self._apart(kept) as rows:
            self._require_no_more(rows, table, old.column)
            yield

    def _open(self, kind: Kind, table: str, column: str) -> int:
        moment = self._archivist.moment
        assert moment is not None
        self._catalogue.ensure_table()
        number = self._catalogue.open(
            run=moment.run,
            app=moment.app,
            name=moment.name,
            direction=moment.direction,
            kind=kind,
            strategy=Strategy.COPY,
            table=table,
            column=column,
        )
        self._catalogue.change(
            number, details={"source": moment.source, "taken_by": list(moment.operation)}
        )
        self._archivist.taken.append(number)
        return number

    def _require_no_more(self, now: int, table: str, column: str) -> None:
        """Than was shown and agreed to; rows may have been written since."""
        before = self._archivist.counted(table, column)
        if before is not None and now > before:
            what = f"{table}.{column}" if column else table
            raise ArchiveError(
                f"{what} holds more by now than was shown: {now:,} instead of {before:,}. The step "
                "was stopped before anything of it was dropped.",
                hint="Run the command again to see what is there.",
            )

    @contextlib.contextmanager
    def _undone_if_there(self, number: int, table: str, column: str) -> Iterator[None]:
        """Where nothing is taken back by itself, a copy of what is still there is one too many."""
        try:
            yield
        except Exception:
            if not self._connection.features.can_rollback_ddl:
                names = self._backend.columns_of([table]).get(table)
                if names is not None and (not column or column in names):
                    self._copied.discard(number)
            raise

    # --- and back ---------------------------------------------------------------------------

    def coming_table(self, editor: Any, model: Any) -> tuple[Archive, Mapping[str, Fill]] | None:
        """Before the table is made: its rows, and what they get in columns that were not kept."""
        archive = self._archivist.copied_one(model._meta.db_table)
        if archive is None:
            return None
        self._archivist.require_unedited(archive, archive.table)
        return archive, private.fills(self._archivist, editor, archive, model)

    def give_table(self, archive: Archive, model: Any, fills: Mapping[str, Fill]) -> None:
        returned = self._begun.returned(archive)
        if returned is None:
            with self._unwatched():
                returned = self._back.give_table(
                    archive, model, fills, by=self._by, begun=self._is_begun
                )
        self._note(archive, returned)

    @property
    def _by(self) -> tuple[int | None, ...]:
        moment = self._archivist.moment
        return moment.operation if moment else ()

    @property
    def _is_begun(self) -> bool:
        return bool(self._begun.statements)

    @property
    def forgets_checks(self) -> bool:
        return self._back.forgets_checks

    def fill(self, editor: Any, archive: Archive, model: Any, field: Any) -> Fill:
        """What rows that were added since get; raises ArchiveError if there is none for them."""
        table = model._meta.db_table
        self._archivist.require_unedited(archive, f"{table}.{field.column}")
        self._require_targets(archive, table, field)
        found = self._archivist.fill(editor, model, field)
        if found is None:
            without = field.column if self._is_begun else ""
            born = 0 if field.null else self._back.count_born(archive, table, without=without)
            if born:
                name = f"{model._meta.label_lower}.{field.name}"
                raise ArchiveError(
                    f"{table}.{field.column} cannot come back from archive {archive.number}: "
                    f"{born:,} rows were added since, and it takes no NULL and has no default.",
                    hint=f"Say what they get:  --fill {name}=VALUE",
                )
            return "NULL", ()
        if found.is_default:
            sql, parameters = editor.db_default_sql(field)
            return str(sql), tuple(parameters)
        return "%s", (found.value,)

    def _require_targets(self, archive: Archive, table: str, field: Any) -> None:
        """Before anything is changed: a key that leads nowhere would stop the step half-way."""
        if field.remote_field is None or not field.db_constraint:
            return
        target = field.target_field
        other = target.model._meta.db_table
        orphans = self._back.count_orphans(archive, table, other, target.column)
        if orphans:
            rows = "1 row points" if orphans == 1 else f"{orphans:,} rows point"
            raise ArchiveError(
                f"{table}.{field.column} cannot come back from archive {archive.number}: {rows} to "
                f"rows of {other} that are gone.",
                hint="With --no-restore the step is taken without it.",
            )

    def give_column(self, archive: Archive, model: Any, field: Any, *, fill: Fill) -> None:
        table, returned = model._meta.db_table, self._begun.returned(archive)
        with self._unwatched():
            if returned is not None:
                self._back.fill_born(archive, table, field.column, fill)
            else:
                returned = self._back.give_column(
                    archive, table, field.column, fill=fill, by=self._by
                )
        self._note(archive, returned)

    @contextlib.contextmanager
    def _giving_values(
        self, archive: Archive, table: str, old: Any, new: Any, *, is_held: bool
    ) -> Iterator[None]:
        self._archivist.require_unedited(archive, f"{table}.{new.column}")
        if (returned := self._begun.returned(archive)) is not None:
            yield
            self._note(archive, returned)
            return
        giving = self._back.give_values(
            archive,
            table,
            before=old.column,
            after=(new.column, self._declared(new)),
            by=self._by,
            marked=self._has_changed(),
            is_held=is_held,
        )
        with self._apart(giving) as told:
            yield
        self._note(archive, told[0])

    def _note(self, archive: Archive, returned: Returned) -> None:
        self._returned.append((archive, returned))
        self._archivist.given.append(archive.number)

    def finish(self) -> None:
        """At the end of a step: within its transaction, or where it has none when all is done."""
        with self._unwatched():
            now = {archive.number for archive, _ in self._returned}
            earlier = [each for each in self._begun.returned_earlier() if each[0].number not in now]
            for archive, returned in (*earlier, *self._returned):
                self._back.conclude(archive, returned)
        self.returned += self._returned
        self._returned.clear()

    def forget(self) -> None:
        self._returned.clear()
