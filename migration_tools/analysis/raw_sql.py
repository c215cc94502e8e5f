"""Judges SQL that could be read: what it takes from today's rows, or why that cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migration_tools.analysis import effects as fx
from migration_tools.analysis.compiling import unmark
from migration_tools.analysis.context import Context
from migration_tools.analysis.dependants import Dependants
from migration_tools.analysis.known import Known
from migration_tools.analysis.losses import COMPARABLE
from migration_tools.analysis.obstacles import obstacles
from migration_tools.analysis.questions import (
    Candidate,
    LossKind,
    count_rows,
    count_values,
    count_where,
)
from migration_tools.analysis.recording import RecordedOperation, RecordedStep, Recording
from migration_tools.analysis.statements import as_effects
from migration_tools.backends.hanging import Kind
from migration_tools.columns import INTEGER_TYPES, TEXT_TYPES, Column
from migration_tools.plan import Step

#: What may do something of its own when rows change.
ACTIVE = frozenset({Kind.TRIGGER, Kind.RULE, Kind.POLICY})
#: What refuses, breaks or goes along when a table or a column is dropped by hand.
CLINGING = ACTIVE | {Kind.VIEW, Kind.GENERATED}

ROWS = fx.RowsDeleted | fx.ValuesSet | fx.RowsInserted

#: Types whose values are equal to a constant of the kind only if they are that very value.
COMPARED = {
    fx.Constant.TEXT: TEXT_TYPES,
    fx.Constant.INTEGER: INTEGER_TYPES | COMPARABLE - {"BooleanField"},
    fx.Constant.BOOLEAN: frozenset({"BooleanField"}),
}


def judge_sql(
    read: fx.SqlRead, operation: RecordedOperation, context: Context, dependants: Dependants
) -> Iterator[Candidate]:
    """Judges the statement and follows it; ``context.unread`` says so if it has to be opaque."""
    for act in read.acts:
        if reason := _doubt(act, context, dependants):
            context.unread[context.step, context.index, read.sql] = reason
            opaque = _opaque(read, reason)
            yield from obstacles(opaque, context)
            context.after_opaque = True
            return
    if not any(isinstance(act, ROWS) for act in read.acts):
        yield from dependants.trying.run(read.sql, context)
    for act in read.acts:
        yield from _losses(act, read, operation, context)
    for act in read.acts:  # what is set at once does not see each other
        _follow(act, context, dependants)


def with_unread(recording: Recording, context: Context) -> Recording:
    """Statements whose tables set off more than is written in them are opaque like others."""
    if not context.unread:
        return recording

    def told(step: Step, index: int, effect: fx.Effect) -> fx.Effect:
        reason = (
            context.unread.get((step, index, effect.sql))
            if isinstance(effect, fx.SqlRead)
            else None
        )
        if reason is None or not isinstance(effect, fx.SqlRead):
            return effect
        return _opaque(effect, reason)

    def rewritten(step: RecordedStep) -> RecordedStep:
        return replace(
            step,
            operations=tuple(
                replace(o, effects=tuple(told(step.step, o.index, e) for e in o.effects))
                for o in step.operations
            ),
        )

    return Recording(
        steps=tuple(map(rewritten, recording.steps)),
        executed=tuple(map(rewritten, recording.executed)),
        falls=recording.falls,
    )


def _opaque(read: fx.SqlRead, reason: str) -> fx.Opaque:
    return fx.Opaque(kind=fx.OpaqueKind.SQL, detail=read.sql, reason=f"not counted: {reason}")


# --- doubts -----------------------------------------------------------------------------------


def _doubt(act: fx.Act, context: Context, dependants: Dependants) -> str:
    """Why what the statement does cannot be told by looking at today's rows; empty if it can."""
    changes_rows = isinstance(act, ROWS)
    line = context.lineage.table(act.table)
    if isinstance(act, fx.TableMade):
        return "such a table is there" if context.lineage.exists_now(act.table) else ""
    if changes_rows and not context.online:
        return "no database was asked what its tables set off"
    if changes_rows and context.hypothetical:
        return "the plan does not start from where the database is"
    if line.missing:
        return f"there is no table {act.table} now"
    if line.origin is None:
        return ""
    if line.origin in context.views:
        return f"{act.table} is a view"
    if any(context.column(act.table, name).missing for name in _columns(act)):
        return "it names a column that is not there now"
    return _clinging(act, line.origin, context, dependants)


def _clinging(act: fx.Act, table: str, context: Context, dependants: Dependants) -> str:
    kinds = ACTIVE if isinstance(act, ROWS) else CLINGING
    for dependant in dependants.hanging.of_table(table):
        if dependant.kind not in kinds or isinstance(act, fx.ColumnMade):
            continue
        if isinstance(act, fx.ColumnRemoved) and dependant.kind is Kind.GENERATED:
            return f"{act.table} has generated columns"
        return f"{dependant.kind} {dependant.name} hangs on {act.table}"
    match act:
        case fx.RowsDeleted() | fx.TableRemoved():
            keys = dependants.keys.to_any(act.table)
        case fx.ValuesSet() | fx.ColumnRemoved():
            keys = dependants.keys.to_column(act.table, act.column)
        case _:
            return ""
    return f"rows of {keys[0].table} point to {act.table}" if keys else ""


def _columns(act: fx.Act) -> frozenset[str]:
    names: set[str] = set()

    def seen(name: str) -> str:
        names.add(name)
        return ""

    match act:
        case fx.RowsDeleted():
            unmark(act.condition, seen)
        case fx.ValuesSet():
            unmark(act.condition + act.value, seen)
            names.add(act.column)
        case fx.ColumnRemoved():
            names.add(act.column)
    return frozenset(names)


# --- losses -----------------------------------------------------------------------------------


def _losses(
    act: fx.Act, read: fx.SqlRead, operation: RecordedOperation, context: Context
) -> Iterator[Candidate]:
    table = context.holds_rows(act.table)
    if table is None:
        return
    match act:
        case fx.RowsDeleted():
            yield _rows(act.condition, "deleted by SQL", table, act.table, read, context)
        case fx.TableRemoved():
            yield _rows("", "dropped by SQL", table, act.table, read, context)
        case fx.ColumnRemoved():
            line = context.column(act.table, act.column)
            if line.origin is not None:
                values = count_values(table, context.backend.quote(line.origin))
                yield context.candidate(
                    kind=LossKind.VALUES,
                    table=table,
                    column=line.origin,
                    reason="dropped by SQL",
                    decides=values,
                    rows=count_rows(table),
                    values=values,
                    at_most=read.returns,
                )
        case fx.ValuesSet():
            known = operation.known.get(act.table, Known())
            yield from _changed(act, table, known, read, context)


def _rows(
    condition: str, reason: str, table: str, named: str, read: fx.SqlRead, context: Context
) -> Candidate:
    where = _over_today(condition, named, context)
    if where is None:
        # To which rows it happens depends on what nobody can compute: to any of them.
        return context.candidate(
            kind=LossKind.ROWS, table=table, reason=reason, decides=count_rows(table)
        )
    rows = count_where(table, where) if where else count_rows(table)
    return context.candidate(
        kind=LossKind.ROWS,
        table=table,
        reason=reason,
        decides=rows,
        rows=rows,
        at_most=read.returns,
        listing=where,
    )


def _changed(
    act: fx.ValuesSet, table: str, known: Known, read: fx.SqlRead, context: Context
) -> Iterator[Candidate]:
    line = context.column(act.table, act.column)
    if line.origin is None:
        return
    where = _over_today(act.condition, act.table, context)
    shared = {
        "kind": LossKind.VALUES,
        "table": table,
        "column": line.origin,
        "reason": "rewritten by SQL",
        "rows": count_rows(table),
    }
    if where is None or line.value is None:
        values = count_values(table, context.backend.quote(line.origin))
        yield context.candidate(decides=values, uncounted=True, **shared)
        return
    changes, exact = _is_changed(act, line.value, known, context)
    predicate = f"({where}) AND ({changes})" if where else changes
    count = count_where(table, predicate)
    yield context.candidate(
        decides=count,
        values=count,
        at_most=read.returns or not exact,
        listing=predicate,
        **shared,
    )


def _is_changed(act: fx.ValuesSet, old: str, known: Known, context: Context) -> tuple[str, bool]:
    """A condition for a value that is another one afterwards, and whether it is not too wide."""
    kind = dict(known.types).get(act.column, "")
    if act.constant in COMPARED and kind in COMPARED[act.constant]:
        column = Column(name=act.column, field=act.column, type=kind, kind=kind)
        return context.backend.differs(old, act.value, column), True
    return f"{old} IS NOT NULL", act.constant is fx.Constant.NULL


def _over_today(condition: str, table: str, context: Context) -> str | None:
    if not condition:
        return ""
    found = context.with_values(table, (condition,))
    return None if found is None else found[0]


# --- following --------------------------------------------------------------------------------


def _follow(act: fx.Act, context: Context, dependants: Dependants) -> None:
    if isinstance(act, ROWS):
        # What comes later is counted over the rows of now.
        context.after_opaque = context.after_opaque or context.holds_rows(act.table) is not None
    if isinstance(act, fx.ValuesSet) and context.holds_rows(act.table) is not None:
        context.lineage.convert(act.table, act.column, _value_after(act, context))
    for effect in as_effects(act):
        context.lineage.follow(effect)
        dependants.follow(effect)


def _value_after(act: fx.ValuesSet, context: Context) -> str | None:
    if act.constant is None:
        return None
    where = _over_today(act.condition, act.table, context)
    old = context.column(act.table, act.column).value
    if where == "":
        return act.value
    return (
        None
        if where is None or old is None
        else f"CASE WHEN {where} THEN {act.value} ELSE {old} END"
    )
