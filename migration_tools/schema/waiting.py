"""Who has to wait for a plan, and how long: findings from what each statement does to tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from migration_tools.analysis import hazards as hz
from migration_tools.analysis.measuring import Exactness, Measure
from migration_tools.analysis.verdicts import Assessment, Finding
from migration_tools.backends import Backend
from migration_tools.backends.touches import Touch
from migration_tools.schema.statements import PlanSQL, Statement, StepSQL

#: Below this many rows the longest of these takes about a second.
MANY = 100_000

Rows = Mapping[str, int | None]


def rows_of(sql: PlanSQL, backend: Backend) -> Rows:
    """From the catalogue of the real database, for the tables that have their names by then."""
    tables = {t.table for step in sql.steps for s in step.statements for t in s.touches}
    if not tables:
        return {}
    with backend.read_only():
        return {table: backend.estimated_rows(table) for table in sorted(tables)}


def with_waiting(assessment: Assessment, sql: PlanSQL, rows: Rows) -> Assessment:
    """The same with a finding for each table that others would have to wait for."""
    found = [f for step in sql.steps for f in _findings(step, rows)]
    place = {
        (step.step, operation.index): number
        for number, (step, operation) in enumerate(
            (step, operation) for step in assessment.steps for operation in step.operations
        )
    }
    known = [f for f in dict.fromkeys(found) if (f.step, f.index) in place]
    findings = sorted(
        (*assessment.findings, *known), key=lambda f: place.get((f.step, f.index), len(place))
    )
    return replace(assessment, findings=tuple(findings))


def _findings(step: StepSQL, rows: Rows) -> Iterator[Finding]:
    for statement in step.statements:
        if statement.operation is None:
            continue
        for touch in statement.touches:
            for hazard in _hazards(statement, touch):
                count = rows.get(touch.table)
                if count == 0:
                    continue
                yield Finding(
                    hazard=hazard,
                    severity=_severity(count),
                    step=step.step,
                    index=statement.operation,
                    table=touch.table,
                    column="",
                    rows=Measure(
                        count=count,
                        exactness=Exactness.UNKNOWN if count is None else Exactness.ESTIMATED,
                    ),
                    detail=who_waits(touch, statement),
                    as_of_now=False,
                )


def _severity(count: int | None) -> hz.Severity:
    return hz.Severity.WARNING if count is not None and count >= MANY else hz.Severity.INFO


def _hazards(statement: Statement, touch: Touch) -> Iterable[hz.Hazard]:
    """The dearest only: who writes a table anew reads it and builds its indexes as well."""
    if not touch.blocks_writes:
        return []
    if touch.rewrites:
        return [hz.REWRITTEN]
    if touch.validates and _is_about(statement, touch):
        return [hz.KEY_VALIDATED]
    if touch.scans:
        return [hz.SCANNED]
    if touch.builds:
        return [hz.INDEX_BUILT]
    if touch.lock and not _is_about(statement, touch):
        return [hz.OTHER_LOCKED]
    return []


def _is_about(statement: Statement, touch: Touch) -> bool:
    """Whether the table is the first that the statement names."""
    # The whole word: the name of a key has the name of the other table in it.
    return any(word.strip('`"') == touch.table for word in statement.sql.split()[:6])


def who_waits(touch: Touch, statement: Statement) -> str:
    until = "until the step ends" if statement.in_transaction else "meanwhile"
    if touch.blocks_reads:
        return f"nobody can read or write it {until}"
    return f"nobody can write to it {until}" if touch.blocks_writes else "nobody has to wait"
