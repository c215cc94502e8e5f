"""Indexes that cannot be made: of what they are of, or of what is in the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.questions import Candidate, count_where
from migration_tools.columns import Column


def index_obstacles(effect: fx.Effect, context: Context) -> Iterator[Candidate]:
    """Before the effect is followed; of the indexes that it makes."""
    match effect:
        case fx.IndexChanged(change="added", made=False):
            table = context.holds_rows(effect.table) or effect.table
            yield context.candidate(hazard=hz.NOT_MADE, table=table, reason=effect.name)
        case fx.IndexChanged(change="added") if lost := list(_lost(effect, context)):
            yield from lost
        case fx.IndexChanged(change="added") | fx.UniqueAdded(made=True):
            unique = isinstance(effect, fx.UniqueAdded)
            yield from _refused(effect.table, effect.indexed, context, unique=unique)
            yield from _oversized(effect.table, effect.indexed, context)
            yield from _divided(effect, context)
        case fx.ColumnAltered() if _makes_index(effect):
            yield from _refused(effect.table, (effect.new,), context, unique=effect.new.unique)
            yield from _oversized(effect.table, (effect.old,), context)
        case fx.ColumnAdded() if effect.column.unique:
            yield from _refused(effect.table, (effect.column,), context, unique=True)
        case fx.TableCreated():
            for column in effect.columns:
                if column.unique:
                    yield from _refused(effect.table, (column,), context, unique=True)


def _lost(effect: fx.IndexChanged, context: Context) -> Iterator[Candidate]:
    """What it would be of is not there; of a constraint that is said elsewhere."""
    table = effect.table
    if context.lineage.table(table).missing and not context.hypothetical:
        yield context.candidate(hazard=hz.TABLE_MISSING, table=table)
    for name in context.missing(table, (column.name for column in effect.indexed)):
        origin = context.holds_rows(table) or table
        yield context.candidate(hazard=hz.COLUMN_MISSING, table=origin, column=name)


def _makes_index(effect: fx.ColumnAltered) -> bool:
    old, new = effect.old, effect.new
    if not (new.unique or new.indexed):
        return False
    changed = (old.db_type, old.collation) != (new.db_type, new.collation)
    return changed or not (old.unique if new.unique else old.indexed)


def _refused(
    table: str, columns: Sequence[Column], context: Context, *, unique: bool
) -> Iterator[Candidate]:
    if not columns or not context.online:
        return
    if reason := context.backend.refused_index(columns, unique=unique):
        yield context.candidate(
            hazard=hz.INDEX_REFUSED,
            table=context.holds_rows(table) or table,
            column=", ".join(column.name for column in columns),
            reason=reason,
        )


def _oversized(table: str, columns: Sequence[Column], context: Context) -> Iterator[Candidate]:
    """Rows that are too long for an entry; of the columns as they are today."""
    origin = context.holds_rows(table)
    if origin is None or not columns:
        return
    names = [context.column(table, column.name).origin for column in columns]
    if not all(names):
        return
    quoted = [context.backend.quote(name) for name in names if name]
    predicate = context.backend.oversized_entry(columns, quoted)
    if predicate:
        yield context.candidate(
            hazard=hz.INDEX_REFUSED,
            table=origin,
            column=", ".join(name for name in names if name),
            reason="too long for an entry of the index",
            decides=count_where(origin, predicate),
            listing=predicate,
        )


def _divided(effect: fx.IndexChanged | fx.UniqueAdded, context: Context) -> Iterator[Candidate]:
    table = context.holds_rows(effect.table)
    if table is None or not effect.divisors or not context.backend.division_by_zero_fails:
        return
    texts = context.with_values(effect.table, (*effect.divisors, effect.where or ""))
    if texts is None:
        return
    zeros = " OR ".join(f"({divisor}) = 0" for divisor in texts[:-1])
    predicate = f"({zeros}) AND ({texts[-1]})" if texts[-1] else f"({zeros})"
    yield context.candidate(
        hazard=hz.INDEX_REFUSED,
        table=table,
        reason=f"{effect.name} divides by zero",
        decides=count_where(table, predicate),
        listing=predicate,
    )
