"""Counts what the candidates ask for: one aggregate query per table of today, in a time budget.

A unique key costs a query of its own: a count of distinct keys cannot share the scan on every
engine. Past the budget, or where a question fails, the answer is an estimate from the engine's
catalogue or unknown; never zero.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DatabaseError

from migration_tools.analysis.questions import Count, Question, Repeats, count_rows
from migration_tools.backends.base import Backend

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: For a look into the engine's catalogue after the budget for counting is spent.
CATALOGUE_SECONDS = 1.0
#: More than this (eleven days) is no limit; some engines refuse to be told one of a month.
LONGEST_SECONDS = 1_000_000.0


class Exactness(enum.StrEnum):
    EXACT = "exact"
    ESTIMATED = "estimated"
    AT_MOST = "at most"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """``count`` is None where it is not known; not known is never shown as zero."""

    count: int | None
    exactness: Exactness

    @property
    def is_zero(self) -> bool:
        return self.count == 0 and self.exactness is Exactness.EXACT


UNKNOWN = Measure(count=None, exactness=Exactness.UNKNOWN)


def exact(count: int) -> Measure:
    return Measure(count=count, exactness=Exactness.EXACT)


def measure(
    questions: Iterable[Question], backend: Backend, *, seconds: float
) -> Mapping[Question, Measure]:
    """Answer every question, inside ``backend.read_only()``; ``seconds`` is for all of them."""
    return _Measuring(backend, seconds).answer(questions)


class _Measuring:
    def __init__(self, backend: Backend, seconds: float) -> None:
        self.backend = backend
        self.connection: BaseDatabaseWrapper = backend.connection
        self.deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)

    def answer(self, questions: Iterable[Question]) -> Mapping[Question, Measure]:
        unique = dict.fromkeys(questions)
        by_table: dict[str, list[Count]] = {}
        for question in unique:
            if isinstance(question, Count):
                by_table.setdefault(question.table, []).append(question)
        answers: dict[Question, Measure] = {}
        for table, counts in by_table.items():
            answers.update(self._counts(table, counts))
        for question in unique:
            if isinstance(question, Repeats):
                answers[question] = self._repeats(question)
        return answers

    def _counts(self, table: str, counts: list[Count]) -> dict[Question, Measure]:
        row = self._query(", ".join(map(self._selected, counts)), table)
        if row is not None:
            return dict(zip(counts, map(exact, row), strict=True))
        if len(counts) > 1 and self._time_left() > 0:
            # One question that the engine cannot answer must not hide the answers to the others.
            singly = (self._counts(table, [count]) for count in counts)
            return {question: answer for answers in singly for question, answer in answers.items()}
        return {count: self._estimate(count) for count in counts}

    def _selected(self, count: Count) -> str:
        return self.backend.count_where(count.where) if count.where else count.sql

    def _estimate(self, count: Count) -> Measure:
        if count != count_rows(count.table):
            return UNKNOWN
        try:
            with self.backend.time_limit(CATALOGUE_SECONDS):
                rows = self.backend.estimated_rows(count.table)
        except DatabaseError:
            rows = None
        # An estimate of nothing is no proof that there is nothing.
        return Measure(count=rows, exactness=Exactness.ESTIMATED) if rows else UNKNOWN

    def _repeats(self, question: Repeats) -> Measure:
        key = ", ".join(question.parts)
        nulls = " OR ".join(f"{part} IS NULL" for part in question.parts)
        conditions = [f"({question.where})"] if question.where else []
        if question.nulls_distinct:
            conditions.append(f"NOT ({nulls})")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        table = self.backend.quote(question.table)
        if len(question.parts) == 1 and question.nulls_distinct:
            row = self._query(f"COUNT(*) - COUNT(DISTINCT {key})", question.table, where)
        else:
            grouped = f"(SELECT COUNT(*) AS n FROM {table}{where} GROUP BY {key}) grouped"
            row = self._query("COALESCE(SUM(n - 1), 0)", grouped, quoted=True)
        return UNKNOWN if row is None else exact(int(row[0]))

    def _query(
        self, selected: str, table: str, where: str = "", *, quoted: bool = False
    ) -> tuple[int, ...] | None:
        """The one row of an aggregate query, or None if it failed or its time was up."""
        left = self._time_left()
        if left <= 0:
            return None
        source = table if quoted else self.backend.quote(table)
        try:
            with self.backend.time_limit(left), self.connection.cursor() as cursor:
                # Without parameters, so that "%" in the SQL is taken as it is.
                cursor.execute(f"SELECT {selected} FROM {source}{where}")
                return tuple(cursor.fetchone())
        except DatabaseError:
            return None

    def _time_left(self) -> float:
        return self.deadline - time.monotonic()
