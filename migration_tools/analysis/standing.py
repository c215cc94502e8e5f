"""Constraints that stand while the values or the collation of one of their columns change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import UniqueConstraint

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.compiling import is_made
from migration_tools.analysis.constraints import is_plain
from migration_tools.analysis.context import Context
from migration_tools.analysis.known import Known, Standing
from migration_tools.analysis.losses import filled_value, fills, forbids_null
from migration_tools.analysis.questions import (
    Candidate,
    Repeats,
    count_rows,
    count_where,
    repeated,
)
from migration_tools.analysis.standing_rules import rule_obstacles


def standing_obstacles(
    effect: fx.Effect, known: Mapping[str, Known], context: Context
) -> Iterator[Candidate]:
    """Before the effect is followed; what is unique by the field's own word is judged elsewhere."""
    if not isinstance(effect, fx.ColumnAltered) or effect.implied or not context.online:
        return
    table = context.holds_rows(effect.table)
    line = context.column(effect.table, effect.old.name)
    conversion = context.conversion(effect)
    if table is None or conversion is None or effect.table not in known:
        return
    value = filled_value(effect, conversion.value, context)
    if conversion.impossible or (value == line.value and not conversion.unknown):
        return
    for columns, constraint in _distinct(known[effect.table].standing):
        if effect.old.name not in columns or not _is_made(constraint, context):
            continue
        if not _is_plain(constraint):
            yield from rule_obstacles(effect, value, constraint.name, known[effect.table], context)
        elif len(columns) > 1 or not effect.new.unique:
            yield from _repeats(effect, value, columns, constraint, context)


def _distinct(found: Iterable[Standing]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The states before and after the operation both know of them."""
    by_name = {(columns, getattr(rule, "name", "")): rule for columns, rule in found}
    for (columns, _name), constraint in by_name.items():
        yield columns, constraint


def _is_made(constraint: Any, context: Context) -> bool:
    return not isinstance(constraint, UniqueConstraint) or is_made(
        constraint, context.backend.connection
    )


def _is_plain(constraint: Any) -> bool:
    return constraint is None or (isinstance(constraint, UniqueConstraint) and is_plain(constraint))


def _not_judged(name: str, table: str, context: Context) -> Candidate:
    return context.candidate(
        hazard=hz.NOT_JUDGED, table=table, reason=name, decides=count_rows(table)
    )


def _repeats(
    effect: fx.ColumnAltered,
    value: str | None,
    columns: tuple[str, ...],
    constraint: Any,
    context: Context,
) -> Iterator[Candidate]:
    table, name = str(context.holds_rows(effect.table)), getattr(constraint, "name", "")
    others = context.values_of(effect.table, tuple(c for c in columns if c != effect.old.name))
    origins = tuple(context.column(effect.table, column).origin for column in columns)
    if others is None:
        yield _not_judged(name or ", ".join(columns), table, context)
        return
    if value is None:
        # One value for all that is NULL, whichever it is.
        if not forbids_null(effect) or fills(effect.new, context) is None:
            return
        line = context.column(effect.table, effect.old.name)
        nulls = f"{line.value or context.backend.quote(str(line.origin))} IS NULL"
        question = Repeats(table=table, parts=tuple(others.values()), where=nulls)
        decides, listing = (
            (question, repeated(question, context.backend.quote))
            if others
            else (count_where(table, nulls), nulls)
        )
    else:
        by_column = {**others, effect.old.name: value}
        distinct = getattr(constraint, "nulls_distinct", None) is not False
        question = Repeats(
            table=table,
            parts=tuple(by_column[column] for column in columns),
            nulls_distinct=distinct,
        )
        decides, listing = question, repeated(question, context.backend.quote)
    yield context.candidate(
        hazard=hz.DUPLICATES,
        table=table,
        column=", ".join(origin or column for origin, column in zip(origins, columns, strict=True)),
        reason=name,
        decides=decides,
        at_least=1 if isinstance(decides, Repeats) else 2,
        listing=listing,
        shown=tuple(origin for origin in origins if origin),
    )
