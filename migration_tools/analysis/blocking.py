"""Who is in the way of a plan at this moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migration_tools.analysis import effects as fx
from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends.blocking import Blocking, watch_of
from migration_tools.columns import Column

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def blocking_of(
    assessment: Assessment, connection: BaseDatabaseWrapper, *, values: bool = False
) -> Blocking:
    """Only reads. ``values``: leave the values in other sessions' queries."""
    tables = tables_of(assessment)
    if not tables:
        return Blocking()
    return watch_of(connection).blocking(tables, values=values)


def tables_of(assessment: Assessment) -> tuple[str, ...]:
    """Every table that a step names, and those that its foreign keys lead to; also not yet there.

    Of a plan whose code or SQL could not be read, these are not all.
    """
    found = {
        table
        for step in assessment.steps
        for operation in step.operations
        for effect in operation.effects
        for table in _tables(effect)
    }
    return tuple(sorted(found))


def _tables(effect: fx.Effect) -> Iterator[str]:
    if table := getattr(effect, "table", ""):
        yield table
    columns = [getattr(effect, name, None) for name in ("column", "old", "new")]
    for column in (*getattr(effect, "columns", ()), *columns):
        if isinstance(column, Column) and column.references is not None:
            yield column.references.table
