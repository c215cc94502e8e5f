"""What an effect, once judged, means for all that come after it: names, values, doubts."""

from __future__ import annotations

from migration_tools.analysis import effects as fx
from migration_tools.analysis.context import Context
from migration_tools.analysis.losses import filled_value, is_uniform, new_value


def follow(effect: fx.Effect, context: Context) -> None:
    conversion = context.conversion(effect) if isinstance(effect, fx.ColumnAltered) else None
    context.lineage.follow(effect)
    if isinstance(effect, fx.ColumnAltered) and conversion is not None:
        value = filled_value(effect, conversion.value, context)
        context.lineage.convert(effect.table, effect.new.name, value)
    if isinstance(effect, fx.ColumnAdded) and context.holds_rows(effect.table) is not None:
        _follow_new(effect, context)
    if isinstance(effect, fx.UniqueAdded | fx.CheckAdded | fx.ConstraintRemoved):
        context.made.add((context.holds_rows(effect.table) or effect.table, effect.name))
    if isinstance(effect, fx.Opaque):
        context.after_opaque = True


def _follow_new(effect: fx.ColumnAdded, context: Context) -> None:
    column = effect.column
    if context.comes_back(context.step, effect.table, column.name):
        return  # with what is in its archive
    value, uniform = new_value(column, context), is_uniform(column)
    context.lineage.convert(effect.table, column.name, value, uniform=uniform)
