"""Stored generated columns, over rows on which their expression fails, or does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.hanging import acts_of
from migration_tools.analysis.known import Known
from migration_tools.analysis.losses import filled_value
from migration_tools.analysis.questions import Candidate, count_where
from migration_tools.backends.hanging import Kind, Outcome


def computed_obstacles(
    effect: fx.Effect, known: Mapping[str, Known], context: Context
) -> Iterator[Candidate]:
    """Of one that is added, and of those whose bases change: they are computed anew.

    One that is not stored is computed when it is read, and takes any row.
    """
    if not context.online:
        return
    match effect:
        case fx.ColumnAdded():
            yield from _computed(effect, {}, context)
        case fx.ColumnAltered() if effect.table in known:
            of_it = [c for c in known[effect.table].generated if effect.old.name in c.bases]
            value = _by_then(effect, context) if of_it else None
            if value is not None:
                for column in of_it:
                    yield from _computed(column, {effect.old.name: value}, context)


def _by_then(effect: fx.ColumnAltered, context: Context) -> str | None:
    """What the column will hold, if that is known and another value."""
    backend, conversion = context.backend, context.conversion(effect)
    if conversion is None or conversion.impossible:
        return None
    acts = acts_of(effect, backend)
    if any(backend.outcome(act, Kind.GENERATED) is Outcome.REFUSED for act in acts):
        return None
    value = filled_value(effect, conversion.value, context)
    return None if value == context.column(effect.table, effect.old.name).value else value


def _computed(
    effect: fx.ColumnAdded, by_then: Mapping[str, str], context: Context
) -> Iterator[Candidate]:
    if effect.computed is None:
        return
    table = context.holds_rows(effect.table)
    texts = context.with_values(effect.table, (effect.computed, *effect.divisors), by_then)
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
