"""Two schemas compared by what their parts mean; names of constraints and indexes do not count."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from migration_tools.backends.catalogue.parts import Kind, Part, Schema, Table

Fold = Callable[[str], str]
Change = tuple[Part | None, Part | None]


class Way(enum.StrEnum):
    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """``expected`` and ``live``: definitions; empty where there is no such part."""

    table: str
    kind: Kind
    way: Way
    name: str = ""
    expected: str = ""
    live: str = ""
    mend: tuple[str, ...] = ()


Mend = Callable[[Table, Table, list[Change]], list[tuple[str, ...]]]


def differences(
    expected: Schema, live: Schema, *, fold: Fold = str, mend: Mend | None = None
) -> Iterator[Difference]:
    """What it would take to make of ``live`` what is expected; tables nobody expects left out.

    ``fold``: one spelling for all that the engine takes for the same name.
    """
    there = {fold(table.name): table for table in live.tables}
    for table in sorted(expected.tables, key=lambda table: table.name):
        found = there.get(fold(table.name))
        if found is None:
            keys = tuple(s for p in table.parts if p.kind is Kind.FOREIGN_KEY for s in p.create)
            yield Difference(
                table=table.name,
                kind=Kind.TABLE,
                way=Way.MISSING,
                name=table.name,
                mend=(*table.create, *keys),
            )
            continue
        changes = list(changes_of(table, found, fold))
        mends = mend(table, found, changes) if mend and changes else [()] * len(changes)
        for (wanted, has), statements in zip(changes, mends, strict=True):
            yield _difference(table.name, wanted, has, statements)


def _difference(
    table: str, wanted: Part | None, has: Part | None, statements: tuple[str, ...]
) -> Difference:
    part = wanted or has
    assert part is not None
    way = Way.CHANGED if wanted and has else Way.MISSING if wanted else Way.EXTRA
    return Difference(
        table=table,
        kind=part.kind,
        way=way,
        name=part.name,
        expected=wanted.definition if wanted else "",
        live=has.definition if has else "",
        mend=statements,
    )


def changes_of(expected: Table, live: Table, fold: Fold) -> Iterator[Change]:
    """First what is too much, since a part may be in the way of the one that replaces it."""
    wanted = _by_meaning(expected.parts, fold)
    found = _by_meaning(live.parts, fold)
    for key, part in found.items():
        if key not in wanted:
            yield None, part
    for key, part in wanted.items():
        other = found.get(key)
        if other is None or other.definition != part.definition:
            yield part, other


def _by_meaning(parts: Sequence[Part], fold: Fold) -> dict[tuple[Kind, str], Part]:
    """Two that mean the same are one; a part without a key is what its definition says."""
    order = list(Kind)
    told: dict[tuple[Kind, str], Part] = {}
    for part in sorted(parts, key=lambda part: order.index(part.kind)):
        told.setdefault((part.kind, fold(part.key) if part.key else part.definition), part)
    return told


def lines_of(table: Table, quote: Callable[[str], str]) -> list[str]:
    """The table for people: one column, constraint or index a line, always in the same order."""
    order = list(Kind)
    told = [f"TABLE {quote(table.name)}"]
    for part in sorted(table.parts, key=lambda p: (order.index(p.kind), p.name, p.definition)):
        if part.kind is Kind.COLUMN:
            told.append(f"    {quote(part.name)} {part.definition}")
        elif part.name:
            what = "INDEX" if part.kind is Kind.INDEX else "CONSTRAINT"
            told.append(f"    {what} {quote(part.name)} {part.definition.removeprefix('INDEX ')}")
        else:
            told.append(f"    {part.definition}")
    return told
