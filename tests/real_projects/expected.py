"""What a plan must count, said apart from the code under test.

The figures are those of the rows that ``rows.py`` makes; before a plan is judged by them they
are themselves compared with plain ``SELECT COUNT`` queries on the database, so that a wrong
figure here fails as a wrong figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A table that goes with all its rows."""

    table: str
    rows: int

    def sql(self) -> dict[str, str]:
        return {"rows": f"SELECT COUNT(*) FROM {self.table}"}

    def found(self, losses: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [x for x in losses if x["kind"] == "table" and x["table"] == self.table]


@dataclass(frozen=True)
class Column:
    """A column that goes: the rows of its table and its values that are not NULL."""

    table: str
    column: str
    rows: int
    values: int

    def sql(self) -> dict[str, str]:
        return {
            "rows": f"SELECT COUNT(*) FROM {self.table}",
            "values": f"SELECT COUNT({self.column}) FROM {self.table}",
        }

    def found(self, losses: list[dict[str, Any]]) -> list[dict[str, Any]]:
        wanted = ("column", self.table, self.column)
        return [x for x in losses if (x["kind"], x["table"], x["column"]) == wanted]


@dataclass(frozen=True)
class Expected:
    """The losses that the plan to ``app target`` must report, among others."""

    app: str
    target: str
    losses: tuple[Table | Column, ...]
