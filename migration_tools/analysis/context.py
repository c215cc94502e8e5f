"""The moment of a plan at which an effect is judged: names, values and engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migration_tools.analysis import effects as fx
from migration_tools.analysis.compiling import unmark
from migration_tools.analysis.lineage import ColumnLine, Lineage
from migration_tools.analysis.questions import Candidate
from migration_tools.backends.base import Backend, Conversion
from migration_tools.plan import Step

#: Whether a step gives the column that it adds (table, name) values of its own.
ComesBack = Callable[[Step, str, str], bool]


def never(_step: Step, _table: str, _column: str) -> bool:
    return False


@dataclass(slots=True)
class Context:
    """``online``: names of today were introspected. ``after_opaque``: see Candidate.as_of_now."""

    backend: Backend
    lineage: Lineage
    online: bool
    #: Tables may be there already (`--fake-initial`); Django looks for itself.
    tables_may_exist: bool = False
    #: The plan starts from where the database is not: what it has not got may still come.
    hypothetical: bool = False
    after_opaque: bool = False
    #: Names that are views and no tables.
    views: frozenset[str] = frozenset()
    #: Statements that could be read and still may do anything, with the reason.
    unread: dict[tuple[Step, int, str], str] = field(default_factory=dict)
    #: Constraints that the plan has made or removed so far: table of today, and name.
    made: set[tuple[str, str]] = field(default_factory=set)
    comes_back: ComesBack = never
    step: Step = field(init=False)
    index: int = field(init=False)

    def candidate(self, **kwargs: Any) -> Candidate:
        kwargs.setdefault("as_of_now", self.after_opaque)
        return Candidate(step=self.step, index=self.index, **kwargs)

    def holds_rows(self, table: str) -> str | None:
        """Today's name of a table, or None for one that is born in the plan or missing."""
        return self.lineage.table(table).origin

    def column(self, table: str, name: str) -> ColumnLine:
        return self.lineage.column(table, name)

    def missing(self, table: str, columns: Iterable[str]) -> list[str]:
        """Those that are not there today, though they should, and that no new table would have."""
        if self.hypothetical or self.backend.remakes_tables or self.holds_rows(table) is None:
            return []
        return [name for name in columns if self.column(table, name).missing]

    def conversion(self, effect: fx.ColumnAltered) -> Conversion | None:
        """What the change of type does to the values in today's rows.

        None where there are no rows, or where nothing is known of a column born in the plan.
        """
        line = self.column(effect.table, effect.old.name)
        table = self.holds_rows(effect.table)
        if table is None or (line.origin is None and line.value is None):
            return None
        if line.value is None:
            if not self.backend.converts(effect.old, effect.new):
                return Conversion(value=None)
            return Conversion(value=None, unknown="an earlier step converts it in an unknown way")
        conversion = self.backend.conversion(effect.old, effect.new, line.value)
        if not self.online:
            return conversion
        return self.backend.collated(conversion, effect.old, effect.new, table)

    def with_values(
        self, table: str, texts: tuple[str, ...], by_then: Mapping[str, str] | None = None
    ) -> tuple[str, ...] | None:
        """Put what the columns hold by now in the place of their marks; None if one is unknown.

        ``by_then``: of a column that is about to change.
        """
        known = True

        def replace(name: str) -> str:
            nonlocal known
            if by_then and name in by_then:
                return f"({by_then[name]})"
            values = self.values_of(table, (name,))
            known = known and values is not None
            return "" if values is None else values[name]

        replaced = tuple(unmark(text, replace) for text in texts)
        return replaced if known else None

    def values_of(self, table: str, columns: tuple[str, ...]) -> Mapping[str, str] | None:
        """SQL of what the columns hold by now, in the rows of today; None if one is unknown."""
        values = {}
        for name in columns:
            line = self.column(table, name)
            if line.value is None:
                return None
            values[name] = line.value
        return values
