"""Which foreign keys are in the database at each moment of a plan, from today's on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from migration_tools.analysis import effects as fx
from migration_tools.analysis.lineage import ColumnLine, Lineage, TableLine
from migration_tools.backends.hanging import ForeignKey
from migration_tools.columns import Column


@dataclass(slots=True, kw_only=True, eq=False)
class LiveKey:
    """Tables and columns by their line, which stays the same when they are renamed.

    ``today``: the key as it is in the database; None for one that is born in the plan.
    ``table``: its table's name when it was found or made, for messages.
    """

    child: TableLine
    columns: tuple[ColumnLine, ...]
    parent: TableLine
    parent_columns: tuple[ColumnLine, ...]
    table: str
    today: ForeignKey | None = None

    @property
    def name(self) -> str:
        return self.today.name if self.today is not None else ""


class LiveKeys:
    """Fed with the effects, each after the lineage has followed it."""

    def __init__(self, lineage: Lineage, today: Iterable[ForeignKey] = ()) -> None:
        self._lineage = lineage
        self._keys = [self._found(key) for key in today]
        #: Keys of new tables are made when the step ends.
        self._deferred: list[LiveKey] = []

    def __iter__(self) -> Iterator[LiveKey]:
        return (key for key in self._keys if self._is_there(key))

    def to_table(self, name: str) -> tuple[LiveKey, ...]:
        """From other tables."""
        parent = self._lineage.table(name)
        return self._those(lambda key: key.parent is parent and key.child is not parent)

    def to_any(self, name: str) -> tuple[LiveKey, ...]:
        """From whatever table, itself included."""
        parent = self._lineage.table(name)
        return self._those(lambda key: key.parent is parent)

    def to_column(self, table: str, name: str) -> tuple[LiveKey, ...]:
        column = self._lineage.column(table, name)
        return self._those(lambda key: any(column is other for other in key.parent_columns))

    def of_table(self, name: str) -> tuple[LiveKey, ...]:
        child = self._lineage.table(name)
        return self._those(lambda key: key.child is child)

    def columns_of(self, key: LiveKey) -> tuple[str, ...]:
        """By their names now."""
        return tuple(
            name
            for column in key.columns
            for name, line in key.child.columns.items()
            if line is column
        )

    def remove(self, key: LiveKey) -> None:
        self._keys.remove(key)

    def follow(self, effect: fx.Effect) -> None:
        match effect:
            case fx.TableCreated():
                for column in effect.columns:
                    self._deferred += self._born(effect.table, column)
            case fx.ColumnAdded():
                self._keys += self._born(effect.table, effect.column)
            case fx.ColumnAltered() if _enforced(effect.old) != _enforced(effect.new):
                line = self._lineage.column(effect.table, effect.new.name)
                self._keys = [
                    key
                    for key in self._keys
                    if not (len(key.columns) == 1 and key.columns[0] is line)
                ]
                self._keys += self._born(effect.table, effect.new)

    def end_step(self) -> None:
        self._keys += [key for key in self._deferred if self._lineage.is_alive(key.parent)]
        self._deferred = []

    def _found(self, key: ForeignKey) -> LiveKey:
        return LiveKey(
            child=self._lineage.table(key.table),
            columns=tuple(self._lineage.column(key.table, name) for name in key.columns),
            parent=self._lineage.table(key.referred),
            parent_columns=tuple(
                self._lineage.column(key.referred, name) for name in key.referred_columns
            ),
            table=key.table,
            today=key,
        )

    def _born(self, table: str, column: Column) -> list[LiveKey]:
        reference = column.references
        if reference is None or not reference.constraint:
            return []
        key = LiveKey(
            child=self._lineage.table(table),
            columns=(self._lineage.column(table, column.name),),
            parent=self._lineage.table(reference.table),
            parent_columns=(self._lineage.column(reference.table, reference.column),),
            table=table,
        )
        return [key]

    def _those(self, fit: Callable[[LiveKey], bool]) -> tuple[LiveKey, ...]:
        return tuple(key for key in self._keys if fit(key) and self._is_there(key))

    def _is_there(self, key: LiveKey) -> bool:
        if not self._lineage.is_alive(key.child):
            return False
        there = key.child.columns.values()
        return all(any(column is other for other in there) for column in key.columns)


def _enforced(column: Column) -> tuple[str, str] | None:
    reference = column.references
    if reference is None or not reference.constraint:
        return None
    return reference.table, reference.column
