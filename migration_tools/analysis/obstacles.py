"""What an effect runs into: rows, names and code that make its step fail or surprise."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.altering import altered
from migration_tools.analysis.asked_models import Asked
from migration_tools.analysis.compiling import names_in
from migration_tools.analysis.context import Context
from migration_tools.analysis.indexes import index_obstacles
from migration_tools.analysis.losses import new_value
from migration_tools.analysis.new_names import unwritable_names
from migration_tools.analysis.questions import (
    Candidate,
    Repeats,
    count_rows,
    count_where,
    repeated,
)
from migration_tools.columns import Column, Default

OPAQUE = {
    fx.OpaqueKind.PYTHON: hz.OPAQUE_PYTHON,
    fx.OpaqueKind.SQL: hz.OPAQUE_SQL,
    fx.OpaqueKind.CURSOR: hz.OPAQUE_CURSOR,
    fx.OpaqueKind.OVERRIDDEN: hz.OPAQUE_MIGRATION,
    fx.OpaqueKind.FAILED: hz.NOT_RECORDED,
}
BROKEN = {fx.StateBroken: hz.BROKEN_STATE, fx.WayInBroken: hz.NO_WAY_IN}


def obstacles(effect: fx.Effect, context: Context) -> Iterator[Candidate]:
    match effect:
        case fx.Irreversible():
            where = f" ({effect.where})" if effect.where else ""
            yield context.candidate(hazard=hz.IRREVERSIBLE, reason=f"{effect.detail}{where}")
        case fx.NothingUndone():
            yield context.candidate(hazard=hz.NOTHING_UNDONE, reason=effect.detail)
        case fx.Impossible():
            yield _impossible(effect, context)
        case fx.StateBroken() | fx.WayInBroken():
            yield context.candidate(hazard=BROKEN[type(effect)], reason=effect.detail)
        case fx.Opaque():
            yield context.candidate(hazard=OPAQUE[effect.kind], reason=_opaque(effect))
        case fx.TableCreated():
            yield from _created(effect, context)
        case fx.TableDropped() | fx.TableRenamed():
            yield from _missing_table(effect.table, context)
        case fx.ColumnAdded() | fx.ColumnDropped() | fx.ColumnAltered():
            yield from _column(effect, context)
        case fx.UniqueAdded() | fx.CheckAdded() | fx.ConstraintAdded():
            yield from _constraint(effect, context)
    yield from index_obstacles(effect, context)
    yield from unwritable_names(effect, context)


def _impossible(effect: fx.Impossible, context: Context) -> Candidate:
    named = context.holds_rows(effect.table) if effect.table else None
    hazard = hz.REFUSES if effect.by_migration else hz.IMPOSSIBLE
    where = f" ({effect.where})" if effect.where else ""
    return context.candidate(hazard=hazard, table=named or "", reason=f"{effect.detail}{where}")


def _column(
    effect: fx.ColumnAdded | fx.ColumnDropped | fx.ColumnAltered, context: Context
) -> Iterator[Candidate]:
    yield from _missing_table(effect.table, context)
    match effect:
        case fx.ColumnAdded():
            yield from _added(effect, context)
        case fx.ColumnDropped():
            yield from _nothing_to_drop(effect, context)
        case fx.ColumnAltered():
            yield from altered(effect, context)


def _constraint(
    effect: fx.UniqueAdded | fx.CheckAdded | fx.ConstraintAdded, context: Context
) -> Iterator[Candidate]:
    yield from _missing_table(effect.table, context)
    table = context.holds_rows(effect.table)
    if table is None:
        return
    match effect:
        case fx.UniqueAdded(made=False) | fx.CheckAdded(made=False):
            yield context.candidate(hazard=hz.NOT_MADE, table=table, reason=effect.name)
        case fx.UniqueAdded() | fx.CheckAdded() if lost := context.missing(
            effect.table, _columns_of(effect)
        ):
            for name in lost:
                yield context.candidate(hazard=hz.COLUMN_MISSING, table=table, column=name)
        case fx.UniqueAdded():
            yield from _unique(effect, table, context)
        case fx.CheckAdded():
            yield from _check(effect, table, context)
        case fx.ConstraintAdded():
            yield _not_judged(f"{effect.kind} {effect.name}", table, context)


def _columns_of(rule: fx.Rule) -> tuple[str, ...]:
    if isinstance(rule, fx.CheckAdded):
        return names_in(rule.predicate or "")
    return rule.columns or names_in(" ".join(rule.parts or ()))


def _not_judged(name: str, table: str, context: Context) -> Candidate:
    return context.candidate(
        hazard=hz.NOT_JUDGED, table=table, reason=name, decides=count_rows(table)
    )


def _opaque(effect: fx.Opaque) -> str:
    detail = " ".join(effect.detail.split())
    shown = detail if len(detail) <= 200 else f"{detail[:200]}..."
    more = "; ".join(filter(None, (effect.where, effect.reason, *_asks(effect.asked))))
    return f"{shown} ({more})" if more else shown


def _asks(asked: Asked) -> Iterator[str]:
    if asked.models:
        yield f"asks for {', '.join(asked.models)}"
    if asked.unread:
        yield f"which {'other ' if asked.models else ''}models it asks for cannot be read: " + (
            ", ".join(asked.unread)
        )


# --- names ------------------------------------------------------------------------------------


def _created(effect: fx.TableCreated, context: Context) -> Iterator[Candidate]:
    if context.tables_may_exist or context.hypothetical:
        return
    if not context.lineage.exists_now(effect.table):
        return
    origin = context.holds_rows(effect.table)
    if origin is None or origin != effect.table or not context.backend.leaves_room(origin):
        yield context.candidate(hazard=hz.TABLE_EXISTS, table=effect.table)


def _missing_table(table: str, context: Context) -> Iterator[Candidate]:
    if context.lineage.table(table).missing and not context.hypothetical:
        yield context.candidate(hazard=hz.TABLE_MISSING, table=table)


def _nothing_to_drop(effect: fx.ColumnDropped, context: Context) -> Iterator[Candidate]:
    if context.lineage.table(effect.table).missing or context.hypothetical:
        return
    if context.column(effect.table, effect.column.name).missing:
        table = context.holds_rows(effect.table) or effect.table
        remade = context.backend.remakes(effect.column, None)
        hazard = hz.NOTHING_TO_DROP if remade else hz.COLUMN_MISSING
        yield context.candidate(hazard=hazard, table=table, column=effect.column.name)


# --- columns ----------------------------------------------------------------------------------


def _added(effect: fx.ColumnAdded, context: Context) -> Iterator[Candidate]:
    column = effect.column
    table = context.holds_rows(effect.table)
    if table is None:
        return
    today = context.column(effect.table, column.name)
    if not today.missing and not today.assumed and not context.hypothetical:
        yield context.candidate(hazard=hz.COLUMN_EXISTS, table=table, column=column.name)
        return
    constant = column.default in (Default.VALUE, Default.CALLED, Default.EMPTY, Default.NOW)
    if column.default is Default.NONE and not column.null and not _numbers_itself(column):
        invented = context.backend.invented_value(column)
        hazard = hz.NO_DEFAULT if invented is None else hz.INVENTED
        reason = "" if invented is None else f"every row gets {invented}"
        yield context.candidate(
            hazard=hazard,
            table=table,
            column=column.name,
            reason=reason,
            decides=count_rows(table),
        )
        constant = invented is not None
    yield from _refers_to_nothing(column, table, context)
    if column.unique and constant:
        yield context.candidate(
            hazard=hz.DUPLICATES,
            table=table,
            column=column.name,
            reason="every row gets the same value",
            decides=count_rows(table),
            at_least=2,
        )


def _refers_to_nothing(column: Column, table: str, context: Context) -> Iterator[Candidate]:
    """Every row gets the default, which may not be a key of the other table."""
    reference, value = column.references, new_value(column, context)
    if reference is None or not reference.constraint or value is None or column.null:
        return
    target_table = context.holds_rows(reference.table)
    target = context.column(reference.table, reference.column)
    if target_table is None:
        predicate = f"{value} IS NOT NULL"
    elif target.value is None or target.origin is None:
        return
    else:
        quote = context.backend.quote
        predicate = (
            f"NOT EXISTS (SELECT 1 FROM {quote(target_table)} referred "
            f"WHERE referred.{quote(target.origin)} = {value})"
        )
    yield context.candidate(
        hazard=hz.ORPHANS,
        table=table,
        column=column.name,
        reason=f"the default is not in {reference.table}.{reference.column}",
        decides=count_where(table, predicate),
    )


def _numbers_itself(column: Column) -> bool:
    return column.generated or column.kind in {"AutoField", "BigAutoField", "SmallAutoField"}


# --- constraints ------------------------------------------------------------------------------


def _unique(effect: fx.UniqueAdded, table: str, context: Context) -> Iterator[Candidate]:
    if effect.parts is None:
        yield _not_judged(effect.name, table, context)
        return
    replaced = context.with_values(effect.table, (*effect.parts, effect.where or ""))
    if replaced is None:
        yield _not_judged(effect.name, table, context)
        return
    yield key_repeated(effect, replaced[:-1], replaced[-1], table, context)


def key_repeated(
    rule: fx.UniqueAdded, parts: tuple[str, ...], where: str, table: str, context: Context
) -> Candidate:
    """``parts`` and ``where``: over the rows of today."""
    question = Repeats(table=table, parts=parts, where=where, nulls_distinct=rule.nulls_distinct)
    columns = tuple(context.column(rule.table, name).origin or name for name in rule.columns)
    return context.candidate(
        hazard=hz.DUPLICATES,
        table=table,
        column=", ".join(columns),
        reason=rule.name,
        decides=question,
        listing=repeated(question, context.backend.quote),
        shown=tuple(name for name in columns if not context.column(rule.table, name).is_born),
    )


def _check(effect: fx.CheckAdded, table: str, context: Context) -> Iterator[Candidate]:
    if effect.predicate is None:
        yield _not_judged(effect.name, table, context)
        return
    replaced = context.with_values(effect.table, (effect.predicate,))
    if replaced is None:
        yield _not_judged(effect.name, table, context)
        return
    yield check_violated(effect.name, replaced[0], table, context)


def check_violated(name: str, condition: str, table: str, context: Context) -> Candidate:
    # NOT of something NULL is NULL: a check that is neither true nor false is satisfied.
    predicate = f"NOT ({condition})"
    return context.candidate(
        hazard=hz.CHECK_VIOLATED,
        table=table,
        reason=f"violate {name}",
        decides=count_where(table, predicate),
        listing=predicate,
    )
