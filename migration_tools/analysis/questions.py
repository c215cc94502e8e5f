"""What has to be counted before a plan can be judged, and for which verdict.

Nothing here touches a database: a question names a table and columns of today and holds SQL of
the engine; measuring.py asks it, assessment.py reads the answers.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from migration_tools.analysis.hazards import Hazard
from migration_tools.plan import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One aggregate over one table; all Counts of a table are asked in one query.

    ``where``: only the rows for which this is true; ``sql`` is COUNT(*) then.
    """

    table: str
    sql: str
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How many rows would violate a unique key over ``parts``: rows minus distinct keys."""

    table: str
    parts: tuple[str, ...]
    where: str = ""
    nulls_distinct: bool = True


Question = Count | Repeats


class LossKind(enum.StrEnum):
    TABLE = "table"
    COLUMN = "column"
    VALUES = "values"
    ROWS = "rows"
    FILLS = "fills"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something a step may destroy (``kind``) or run into (``hazard``), until it is counted.

    ``decides``: nothing is said where its answer is below ``at_least``; None: always said.
    ``uncounted``: that it happens can be told, to how many cannot. ``at_most``: it may happen to
    the values counted, and to no other. ``as_of_now``: an opaque part
    of the plan comes before, which may change the answer. ``counted``: the rows concerned, where
    they are known without a question.
    """

    step: Step
    index: int
    kind: LossKind | None = None
    hazard: Hazard | None = None
    table: str = ""
    column: str = ""
    reason: str = ""
    decides: Question | None = None
    at_least: int = 1
    rows: Question | None = None
    values: Question | None = None
    differing: Question | None = None
    uncounted: bool = False
    at_most: bool = False
    #: It goes through the schema editor at this very place, where it can be archived.
    archivable: bool = False
    #: What is lost, and the primary key of its rows: "app.Model.field".
    fields: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    counted: int | None = None
    as_of_now: bool = False
    listing: str = ""  # condition under which a row is concerned
    shown: tuple[str, ...] = ()  # columns worth showing in the query that lists the rows


def count_rows(table: str) -> Count:
    return Count(table=table, sql="COUNT(*)")


def count_values(table: str, value: str) -> Count:
    """Non-NULL values of an expression."""
    return Count(table=table, sql=f"COUNT({value})")


def count_where(table: str, predicate: str) -> Count:
    """Rows for which ``predicate`` is true: neither false nor NULL."""
    return Count(table=table, sql="COUNT(*)", where=predicate)


def repeated(question: Repeats, quote: Callable[[str], str]) -> str:
    """A condition for the rows whose key is not the only one of its kind."""
    key = ", ".join(question.parts)
    where = f" WHERE {question.where}" if question.where else ""
    condition = (
        f"({key}) IN (SELECT {key} FROM {quote(question.table)}{where} "
        f"GROUP BY {key} HAVING COUNT(*) > 1)"
    )
    return f"{condition} AND ({question.where})" if question.where else condition
