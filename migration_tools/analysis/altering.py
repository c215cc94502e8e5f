"""What a column that changes runs into: values that do not fit, NULLs, repetitions, orphans."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.lineage import ColumnLine
from migration_tools.analysis.losses import filled_value, fills, forbids_null
from migration_tools.analysis.questions import (
    Candidate,
    Repeats,
    count_rows,
    count_where,
    repeated,
)
from migration_tools.columns import Reference


def altered(effect: fx.ColumnAltered, context: Context) -> Iterator[Candidate]:
    """Before the effect is followed; a column that was added in the plan is judged like others."""
    table = context.holds_rows(effect.table)
    line = context.column(effect.table, effect.old.name)
    if table is not None and line.missing and not context.hypothetical:
        yield context.candidate(hazard=hz.COLUMN_MISSING, table=table, column=effect.old.name)
    if table is None or line.missing:
        return
    conversion = context.conversion(effect)
    if conversion is None:
        yield from _unfollowed(effect, table, line, context)
        return
    place = _place(effect, table, line)
    if conversion.impossible:
        yield context.candidate(hazard=hz.IMPOSSIBLE, reason=conversion.impossible, **place)
        return
    for judgement in conversion.blocked:
        assert judgement.obstacle is not None
        yield context.candidate(
            hazard=hz.OBSTACLES[judgement.obstacle],
            reason=judgement.reason,
            decides=count_where(table, judgement.predicate),
            listing=judgement.predicate,
            shown=_shown(line),
            **place,
        )
    if line.is_born and conversion.unknown:  # of others it is told as a loss
        yield _uncounted(hz.NOT_CONVERTIBLE, conversion.unknown, place, context)
    value = filled_value(effect, conversion.value, context)
    if forbids_null(effect):
        yield from _nulls(effect, table, line, value, context)
    yield from _newly_unique(effect, table, line, value, context)
    yield from _newly_referring(effect, table, line, value, context)


def _place(effect: fx.ColumnAltered, table: str, line: ColumnLine) -> dict[str, str]:
    return {"table": table, "column": line.origin or effect.old.name}


def _shown(line: ColumnLine) -> tuple[str, ...]:
    return () if line.origin is None else (line.origin,)


def _unfollowed(
    effect: fx.ColumnAltered, table: str, line: ColumnLine, context: Context
) -> Iterator[Candidate]:
    """A column that was added in the plan with what is known only then: a call, an archive.

    Whether its values do not fit is asked of nothing, but what may happen to any is told.
    """
    old, new, place = effect.old, effect.new, _place(effect, table, line)
    if old.generated or new.generated:
        return
    conversion = context.backend.conversion(old, new, context.backend.quote(old.name))
    if conversion.impossible:
        yield context.candidate(hazard=hz.IMPOSSIBLE, reason=conversion.impossible, **place)
        return
    if conversion.unknown:
        yield _uncounted(hz.NOT_CONVERTIBLE, conversion.unknown, place, context)
    for judgement in conversion.blocked:
        assert judgement.obstacle is not None
        yield _uncounted(hz.OBSTACLES[judgement.obstacle], judgement.reason, place, context)
    if forbids_null(effect) and fills(new, context) is None:
        yield _uncounted(hz.NULLS, "", place, context)
    if new.unique and not old.unique and not effect.implied:
        if line.uniform:
            yield context.candidate(
                hazard=hz.DUPLICATES,
                reason="every row gets the same value",
                decides=count_rows(table),
                at_least=2,
                **place,
            )
        else:
            yield _uncounted(hz.DUPLICATES, "", place, context, at_least=2)
    key = new.references
    if key is None or not key.constraint or effect.implied:
        return
    if not _is_the_same(old.references, key, context):
        yield _uncounted(hz.ORPHANS, f"not in {key.table}.{key.column}", place, context)


def _uncounted(
    hazard: hz.Hazard, reason: str, place: dict[str, str], context: Context, at_least: int = 1
) -> Candidate:
    """It may be any of the rows, if there are that many."""
    return context.candidate(
        hazard=hazard,
        reason=reason,
        decides=count_rows(place["table"]),
        at_least=at_least,
        uncounted=True,
        **place,
    )


def _nulls(
    effect: fx.ColumnAltered, table: str, line: ColumnLine, value: str | None, context: Context
) -> Iterator[Candidate]:
    """NULLs refuse to go, or all become one value, of which a unique column takes only one.

    ``value``: of the column by then; where it is known, it is judged as every other's is.
    """
    filling = fills(effect.new, context)
    if filling is not None and (value is not None or not effect.new.unique):
        return
    before = line.value or context.backend.quote(str(line.origin))
    predicate = f"{before} IS NULL"
    yield context.candidate(
        hazard=hz.NULLS if filling is None else hz.DUPLICATES,
        decides=count_where(table, predicate),
        at_least=1 if filling is None else 2,
        listing=predicate,
        shown=_shown(line),
        **_place(effect, table, line),
    )


def _newly_unique(
    effect: fx.ColumnAltered, table: str, line: ColumnLine, value: str | None, context: Context
) -> Iterator[Candidate]:
    """A column that becomes unique, or stays so while different values become the same."""
    if not effect.new.unique or effect.implied or (effect.old.unique and value == line.value):
        return
    if value is None:
        return
    question = Repeats(table=table, parts=(value,))
    yield context.candidate(
        hazard=hz.DUPLICATES,
        decides=question,
        listing=repeated(question, context.backend.quote),
        shown=_shown(line),
        **_place(effect, table, line),
    )


def _newly_referring(
    effect: fx.ColumnAltered, table: str, line: ColumnLine, value: str | None, context: Context
) -> Iterator[Candidate]:
    new, old = effect.new.references, effect.old.references
    if new is None or not new.constraint or effect.implied or value is None:
        return
    target = context.column(new.table, new.column)
    target_table = context.holds_rows(new.table)
    filled = forbids_null(effect) and fills(effect.new, context) is not None
    if _is_the_same(old, new, context) and not filled:
        return
    if target_table is None:
        predicate = f"{value} IS NOT NULL"  # the table it points to is made in this plan
    elif target.value is None or target.origin is None:
        return
    else:
        quote = context.backend.quote
        predicate = (
            f"{value} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {quote(target_table)} referred "
            f"WHERE referred.{quote(target.origin)} = {_outer(value, table, line, context)})"
        )
    yield context.candidate(
        hazard=hz.ORPHANS,
        reason=f"not in {new.table}.{new.column}",
        decides=count_where(table, predicate),
        listing=predicate,
        shown=_shown(line),
        **_place(effect, table, line),
    )


def _is_the_same(old: Reference | None, new: Reference, context: Context) -> bool:
    """Whether a key was enforced before, to the same column, under whatever name."""
    if old is None or not old.constraint:
        return False
    before, after = context.lineage.table(old.table), context.lineage.table(new.table)
    if before is not after and (before.origin is None or before.origin != after.origin):
        return False
    # A column that was renamed a moment ago is not found by its old name.
    return old.column == new.column or context.column(old.table, old.column).missing


def _outer(value: str, table: str, line: ColumnLine, context: Context) -> str:
    """``value`` as seen from inside a subquery: its column belongs to the outer table."""
    if line.origin is None:
        return value
    quote = context.backend.quote
    return value.replace(quote(line.origin), f"{quote(table)}.{quote(line.origin)}")
