"""Names that a step gives and that no statement of Django's can write."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis import effects as fx
from migration_tools.analysis import hazards as hz
from migration_tools.analysis.context import Context
from migration_tools.analysis.questions import Candidate


def unwritable_names(effect: fx.Effect, context: Context) -> Iterator[Candidate]:
    for name in _given(effect):
        if not context.backend.can_write(name):
            yield context.candidate(
                hazard=hz.IMPOSSIBLE,
                table=getattr(effect, "table", ""),
                reason=f"the name {name} holds the character that the database quotes names with, "
                "and Django does not escape it",
            )


def _given(effect: fx.Effect) -> Iterator[str]:
    match effect:
        case fx.TableCreated():
            yield effect.table
            yield from (column.name for column in effect.columns)
        case fx.TableRenamed():
            yield effect.new_table
        case fx.ColumnAdded():
            yield effect.column.name
        case fx.ColumnAltered() if effect.old.name != effect.new.name:
            yield effect.new.name
        case fx.UniqueAdded(made=True) | fx.CheckAdded(made=True) | fx.ConstraintAdded():
            yield effect.name
        case fx.IndexChanged(change="added", made=True):
            yield effect.name
