"""What a loss or a finding calls by its names of today, by the names it has at its step."""

from __future__ import annotations

from migration_tools.analysis import effects as fx
from migration_tools.analysis.verdicts import Assessment, Finding, Loss


def place_then(item: Loss | Finding, assessment: Assessment) -> tuple[str, str]:
    """Table and column when the step gets there: the plan may have renamed them.

    Those of today where the operation does the same to several.
    """
    found = {
        place
        for step in assessment.steps
        if step.step == item.step
        for operation in step.operations
        if operation.index == item.index
        for effect in operation.effects
        if (place := _place(effect)) and bool(place[1]) == bool(item.column)
    }
    today = item.table, item.column
    return found.pop() if len(found) == 1 else today


def _place(effect: fx.Effect) -> tuple[str, str] | None:
    match effect:
        case fx.ColumnAdded() | fx.ColumnDropped():
            return effect.table, effect.column.name
        case fx.ColumnAltered():
            return effect.table, effect.old.name
        case fx.TableDropped():
            return effect.table, ""
    return None
