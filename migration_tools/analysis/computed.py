"""Generated columns that come to rows on which their expression fails, or does not fit."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.questions import Candidate, count_where


def computed_obstacles(effect: fx.Effect, context: Context) -> Iterator[Candidate]:
    """Of one that is stored; another is computed when it is read, and takes any row."""
    if not isinstance(effect, fx.ColumnAdded) or effect.computed is None or not context.online:
        return
    table = context.holds_rows(effect.table)
    texts = context.with_values(effect.table, (effect.computed, *effect.divisors))
    if table is None or texts is None:
        return
    ask, (value, *divisors) = context.backend.computation_error, texts
    column = effect.column
    zeros = " OR ".join(f"({divisor}) = 0" for divisor in divisors)
    error = ask(table, value, column)
    if error and zeros and not ask(table, value, column, f"({zeros}) IS NOT TRUE"):
        # Whatever it fails on is among these; without them it does not.
        yield _failing(column.name, table, "the expression divides by zero", zeros, context)
    elif error:
        yield context.candidate(
            hazard=hz.NOT_COMPUTED, table=table, column=column.name, reason=error
        )
    elif too_much := context.backend.unfitting(column, value):
        reason = f"the result does not fit {column.db_type}"
        yield _failing(column.name, table, reason, too_much, context)


def _failing(column: str, table: str, reason: str, predicate: str, context: Context) -> Candidate:
    return context.candidate(
        hazard=hz.NOT_COMPUTED,
        table=table,
        column=column,
        reason=reason,
        decides=count_where(table, predicate),
        listing=predicate,
    )
