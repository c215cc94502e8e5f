"""Which effects destroy stored values, and what must be counted to say how many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis.context import Context
from migration_tools.analysis.hazards import MISREAD
from migration_tools.analysis.questions import (
    Candidate,
    LossKind,
    count_rows,
    count_values,
    count_where,
)
from migration_tools.columns import Column, Default

#: Types whose default can be compared with a stored value in plain SQL on every engine.
COMPARABLE = frozenset({"BooleanField", "DecimalField", "FloatField"})

ROLES = {
    fx.Role.MODEL: "",
    fx.Role.CHILD: "its part of an inherited model; the parent's rows stay",
    fx.Role.M2M: "links of a many-to-many field",
    fx.Role.THROUGH: "links, through a model of their own",
}


def losses(effect: fx.Effect, context: Context) -> Iterator[Candidate]:
    """The losses of one effect, and what Django misreads meanwhile where nothing is lost."""
    match effect:
        case fx.TableDropped():
            yield from _dropped_table(effect, context)
        case fx.ColumnDropped():
            yield from _dropped_column(effect, context)
        case fx.ColumnAltered():
            yield from _converted(effect, context)
            yield from _filled(effect, context)


def _dropped_table(effect: fx.TableDropped, context: Context) -> Iterator[Candidate]:
    table = context.holds_rows(effect.table)
    if table is None:
        return
    rows = count_rows(table)
    yield context.candidate(
        kind=LossKind.TABLE,
        table=table,
        reason=ROLES[effect.role],
        decides=rows,
        rows=rows,
        archivable=True,
        fields=_labels(effect.model, [column.field for column in effect.columns]),
        key=_labels(effect.model, [c.field for c in effect.columns if c.primary_key])
        + ((effect.links_of,) if effect.links_of else ()),
    )


def _labels(model: str, fields: Iterable[str]) -> tuple[str, ...]:
    """Nothing where no model is known: of SQL that could be read."""
    return tuple(f"{model}.{name}" for name in fields) if model else ()


def _dropped_column(effect: fx.ColumnDropped, context: Context) -> Iterator[Candidate]:
    table = context.holds_rows(effect.table)
    line = context.column(effect.table, effect.column.name)
    if table is None or line.origin is None or effect.column.generated:
        return
    name = context.backend.quote(line.origin)
    values = count_values(table, name)
    literal, reason = _default_literal(effect.column, context), ""
    if literal is not None and effect.column.default is Default.NONE:
        reason = f"{literal}, which every row would come back with"
    yield context.candidate(
        kind=LossKind.COLUMN,
        table=table,
        column=line.origin,
        archivable=True,
        fields=_labels(effect.model, [effect.column.field]),
        key=_labels(effect.model, effect.key),
        reason=reason,
        decides=values,
        rows=count_rows(table),
        values=values,
        differing=(
            count_where(table, context.backend.differs(name, literal, effect.column))
            if literal
            else None
        ),
    )


def _default_literal(column: Column, context: Context) -> str | None:
    """What every row would get if the column came back, where that can be compared."""
    comparable = column.is_text or column.is_integer or column.type in COMPARABLE
    if not context.online or not comparable:
        return None
    if column.default is Default.NONE and not column.null:
        return context.backend.invented_value(column)
    if column.default not in (Default.VALUE, Default.EMPTY) or column.default_value is None:
        return None
    return context.backend.literal(column.default_value)


def _converted(effect: fx.ColumnAltered, context: Context) -> Iterator[Candidate]:
    table = context.holds_rows(effect.table)
    line = context.column(effect.table, effect.old.name)
    conversion = context.conversion(effect)
    if table is None or line.origin is None or conversion is None:
        return
    change = _change(effect)
    if conversion.unknown:
        yield context.candidate(
            kind=LossKind.VALUES,
            table=table,
            column=line.origin,
            reason=f"{change}: {conversion.unknown}",
            decides=count_values(table, context.backend.quote(line.origin)),
            rows=count_rows(table),
            uncounted=True,
            archivable=not effect.implied,
            fields=_labels(effect.model, {effect.old.field: 0, effect.new.field: 0}),
            key=_labels(effect.model, effect.key),
        )
    # The engine computes a generated column anew, there and back.
    lost = () if effect.old.generated else (*conversion.lost, *conversion.doubtful)
    for judgement in lost:
        count = count_where(table, judgement.predicate)
        yield context.candidate(
            kind=LossKind.VALUES,
            table=table,
            column=line.origin,
            reason=f"{judgement.reason}: {change}",
            decides=count,
            rows=count_rows(table),
            values=count,
            at_most=judgement in conversion.doubtful,
            archivable=not effect.implied,
            fields=_labels(effect.model, {effect.old.field: 0, effect.new.field: 0}),
            key=_labels(effect.model, effect.key),
            listing=judgement.predicate,
        )
    for judgement in conversion.misread:
        yield context.candidate(
            hazard=MISREAD,
            table=table,
            column=line.origin,
            reason=judgement.reason,
            decides=count_where(table, judgement.predicate),
            listing=judgement.predicate,
            shown=(line.origin,),
        )


def _filled(effect: fx.ColumnAltered, context: Context) -> Iterator[Candidate]:
    table = context.holds_rows(effect.table)
    line = context.column(effect.table, effect.old.name)
    if table is None or line.origin is None or not forbids_null(effect):
        return
    filling = fills(effect.new, context)
    if filling is None:
        return
    nulls = count_where(table, f"{context.backend.quote(line.origin)} IS NULL")
    yield context.candidate(
        kind=LossKind.FILLS,
        table=table,
        column=line.origin,
        reason=f"NULL becomes {filling}",
        decides=nulls,
        rows=count_rows(table),
        values=nulls,
    )


def forbids_null(effect: fx.ColumnAltered) -> bool:
    return effect.old.null and not effect.new.null and not effect.new.generated


def fills(column: Column, context: Context) -> str | None:
    """What NULLs become when they are forbidden; None where the step fails on them instead."""
    match column.default:
        case Default.VALUE:
            # A driver may have wrapped what is not text, which shows in its repr.
            value = repr(column.default_value) if column.is_text else column.default_value
            return f"the default {value}"
        case Default.CALLED | Default.DATABASE:
            return "the default, one value for all rows"
        case Default.EMPTY if context.backend.fills_implicit_defaults:
            return "the empty string"
        case Default.NOW if context.backend.fills_implicit_defaults:
            return "the time of the run"
        case _:
            return context.backend.value_for_null(column)


def filled_value(effect: fx.ColumnAltered, value: str | None, context: Context) -> str | None:
    """What the column holds when its NULLs are filled; None if it cannot be said."""
    if value is None or not forbids_null(effect) or fills(effect.new, context) is None:
        return value
    # Some drivers ask their server how to quote; without one nothing is counted either.
    constant = _constant(effect.new, context) if context.online else "NULL"
    return None if constant is None else f"COALESCE({value}, {constant})"


def new_value(column: Column, context: Context) -> str | None:
    """What a new column holds in the rows that are there; None if it cannot be said."""
    if column.generated or column.db_default or not context.online:
        return None  # the engine's own default goes before Django's
    if column.null and column.default is Default.NONE:
        return context.backend.constant("NULL", column)
    return _constant(column, context)


def is_uniform(column: Column) -> bool:
    """Whether a new column holds one value in all rows that are there, which is no NULL."""
    if column.null or column.generated:
        return False
    if column.db_default:
        return column.db_default == "constant"
    return column.default is not Default.NONE


def _constant(column: Column, context: Context) -> str | None:
    if column.default not in (Default.VALUE, Default.EMPTY) or column.default_value is None:
        return None
    try:
        literal = context.backend.literal(column.default_value)
    except Exception:  # a custom field's own kind of value
        return None
    return context.backend.constant(literal, column)


def _change(effect: fx.ColumnAltered) -> str:
    old, new = effect.old.db_type or effect.old.type, effect.new.db_type or effect.new.type
    return f"{old} to {new}"
