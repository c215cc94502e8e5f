"""What hangs on the tables of a plan that the history does not know of, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.known import Known
from migration_tools.analysis.questions import (
    Candidate,
    LossKind,
    Repeats,
    count_rows,
    count_values,
)
from migration_tools.backends.base import Backend
from migration_tools.backends.hanging import MADE_BY_DJANGO, Act, Dependant, Kind, Outcome
from migration_tools.columns import Column, Default

#: Of a part of a column's own definition, which the history may have written.
DEFINED = (Kind.DEFAULT, Kind.COMMENT)


def acts_of(effect: fx.Effect, backend: Backend) -> frozenset[Act]:
    """What an effect does to the table that it names, as far as something hanging on it cares."""
    match effect:
        case fx.TableDropped():
            return frozenset({Act.DROP_TABLE})
        case fx.TableRenamed():
            copied = effect.links and backend.remakes_tables
            return frozenset({Act.REMAKE if copied else Act.RENAME_TABLE})
        case fx.ColumnAdded():
            return _remade(backend.remakes(None, effect.column))
        case fx.ColumnDropped():
            return _remade(backend.remakes(effect.column, None)) or frozenset({Act.DROP_COLUMN})
        case fx.ColumnAltered():
            return _acts_of_change(effect.old, effect.new, backend)
        case fx.CheckAdded():
            return _remade(backend.remakes_tables)
        case fx.UniqueAdded() | fx.ConstraintRemoved():
            return _remade(backend.remakes_tables and effect.inline)
    return frozenset()


def _remade(remade: bool) -> frozenset[Act]:
    return frozenset({Act.REMAKE}) if remade else frozenset()


def _acts_of_change(old: Column, new: Column, backend: Backend) -> frozenset[Act]:
    if backend.remakes(old, new):
        return frozenset({Act.REMAKE})
    acts = set()
    if old.name != new.name:
        acts.add(Act.RENAME_COLUMN)
    if (old.db_type, old.collation) != (new.db_type, new.collation):
        acts |= {Act.CHANGE_TYPE, Act.REDEFINE}
    if old.null != new.null:
        acts.add(Act.REDEFINE)
    return frozenset(acts)


class Hanging:
    """Today's dependants, less what the plan has dropped so far."""

    def __init__(self, dependants: Iterable[Dependant] = ()) -> None:
        self._by_table: dict[str, list[Dependant]] = {}
        for dependant in dependants:
            self._by_table.setdefault(dependant.table, []).append(dependant)

    def of_table(self, table: str) -> tuple[Dependant, ...]:
        """By the table's name today."""
        return tuple(self._by_table.get(table, ()))

    def judge(
        self, effect: fx.Effect, known: Mapping[str, Known], context: Context
    ) -> Iterator[Candidate]:
        """Before the effect is followed."""
        name = getattr(effect, "table", "")
        table = context.holds_rows(name) if name else None
        if table is None:
            return
        acts = acts_of(effect, context.backend)
        column = column_of(effect)
        today = context.column(name, column.name).origin if column is not None else None
        for dependant in tuple(self._by_table.get(table, ())):
            outcome = outcome_of(dependant, acts, today, context)
            if outcome is Outcome.REFUSED and _is_put_anew(dependant, effect, today, known):
                self._gone(dependant)
                continue
            refused = outcome in (Outcome.REFUSED, Outcome.SHRUNK)
            if outcome is None or (
                not refused and self._is_part_of_history(dependant, effect, known)
            ):
                continue
            if outcome is not Outcome.SHRUNK:
                yield told(dependant, outcome, today, context)
            if outcome is Outcome.SHRUNK:
                yield from _shrunk(dependant, column.name if column else "", effect, context)
            elif outcome is not Outcome.REFUSED:
                self._gone(dependant)
        if Act.REMAKE in acts and name in known:
            yield from self._lost_columns(name, table, known[name], context)
        self._forget(effect, table, context)

    def _lost_columns(
        self, name: str, table: str, known: Known, context: Context
    ) -> Iterator[Candidate]:
        """Columns that are not in the new table, with what is in them."""
        line = context.lineage.table(name)
        kept = {context.column(name, column).origin for column in known.columns}
        generated = {d.name for d in self._by_table.get(table, ()) if d.kind is Kind.GENERATED}
        for column in context.lineage.columns_of_today(name):
            if column in kept or column in line.dropped:
                continue
            line.dropped.add(column)
            if column in generated:
                gone = Dependant(kind=Kind.GENERATED, name=column, table=table)
                yield told(gone, Outcome.DROPPED, None, context)
                continue
            values = count_values(table, context.backend.quote(column))
            yield context.candidate(
                kind=LossKind.COLUMN,
                table=table,
                column=column,
                reason="no migration knows it, and the table is made anew without it",
                decides=values,
                rows=count_rows(table),
                values=values,
            )

    def _is_part_of_history(
        self, dependant: Dependant, effect: fx.Effect, known: Mapping[str, Known]
    ) -> bool:
        """Whether a migration made it, so that it comes and goes with the migrations."""
        if dependant.kind in MADE_BY_DJANGO:
            if isinstance(effect, fx.ColumnDropped) and len(dependant.columns) == 1:
                return True  # it is of this column alone
            of_table = known.get(getattr(effect, "table", ""))
            return of_table is None or not of_table.is_made_by_hand(dependant.name)
        if dependant.kind not in DEFINED or not isinstance(effect, fx.ColumnAltered):
            return False
        if dependant.kind is Kind.COMMENT:
            return bool(effect.old.comment)
        return bool(effect.old.db_default) or effect.old.default is not Default.NONE

    def _gone(self, dependant: Dependant) -> None:
        """A view over several tables hangs on each of them."""
        for dependants in self._by_table.values():
            dependants[:] = [
                other
                for other in dependants
                if (other.kind, other.name) != (dependant.kind, dependant.name)
                or (other.table != dependant.table and other.kind is not Kind.VIEW)
            ]

    def _forget(self, effect: fx.Effect, table: str, context: Context) -> None:
        """What the migrations themselves remove by name, and what goes with a column or table."""
        left = self._by_table.get(table, [])
        match effect:
            case fx.TableDropped():
                left = []
            case fx.ConstraintRemoved(columns=()) | fx.IndexChanged(change="removed"):
                left = [d for d in left if d.name != effect.name]
            case fx.ConstraintRemoved():
                origins = {context.column(effect.table, c).origin for c in effect.columns}
                left = [d for d in left if d.kind is not Kind.UNIQUE or set(d.columns) != origins]
            case fx.ColumnDropped():
                gone = context.column(effect.table, effect.column.name).origin
                left = [d for d in left if d.kind is not Kind.GENERATED or d.name != gone]
            case _:
                return
        self._by_table[table] = left


def column_of(effect: fx.Effect) -> Column | None:
    match effect:
        case fx.ColumnDropped():
            return effect.column
        case fx.ColumnAltered():
            return effect.old
    return None


def outcome_of(
    dependant: Dependant, acts: frozenset[Act], column: str | None, context: Context
) -> Outcome | None:
    found = []
    for act in sorted(acts):
        of_column = act not in (Act.DROP_TABLE, Act.RENAME_TABLE, Act.REMAKE)
        if of_column and column not in dependant.columns:
            continue
        shared = len(dependant.columns) > 1
        outcome = context.backend.outcome(act, dependant.kind, shared=shared)
        if outcome is not None:
            found.append(outcome)
    return Outcome.REFUSED if Outcome.REFUSED in found else next(iter(found), None)


def _is_put_anew(
    dependant: Dependant, effect: fx.Effect, column: str | None, known: Mapping[str, Known]
) -> bool:
    """Django takes a field's own check off before the change, and puts one on the new column."""
    if not isinstance(effect, fx.ColumnAltered) or not effect.old.db_check:
        return False
    old, new = effect.old, effect.new
    changes = (old.name, old.db_check) != (new.name, new.db_check)
    of_field = dependant.kind is Kind.CHECK and dependant.columns == (column,)
    named = known[effect.table].names if effect.table in known else ()
    return changes and of_field and dependant.name not in named


def _shrunk(
    dependant: Dependant, column: str, effect: fx.Effect, context: Context
) -> Iterator[Candidate]:
    """A unique key that loses one of its columns: the others may repeat."""
    assert isinstance(effect, fx.ColumnDropped)
    gone = context.column(effect.table, column).origin
    left = tuple(name for name in dependant.columns if name != gone)
    if dependant.kind is Kind.UNIQUE:
        parts = tuple(map(context.backend.quote, left))
        yield context.candidate(
            hazard=hz.DUPLICATES,
            table=dependant.table,
            column=", ".join(left),
            reason=f"{dependant.name} without {gone}",
            decides=Repeats(table=dependant.table, parts=parts),
        )


def told(dependant: Dependant, outcome: Outcome, column: str | None, context: Context) -> Candidate:
    is_value = dependant.kind in (*DEFINED, Kind.OTHER)
    shown = dependant.name if is_value else context.backend.quote(dependant.name)
    hazards = {
        Outcome.REFUSED: hz.IN_THE_WAY,
        Outcome.DROPPED: hz.GOES_ALONG,
        Outcome.BROKEN: hz.BREAKS,
    }
    return context.candidate(
        hazard=hazards[outcome],
        table=dependant.table,
        column=column or "",
        reason=f"{dependant.kind} {shown}".strip(),
    )
