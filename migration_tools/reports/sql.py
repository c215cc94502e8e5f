"""The statements of a plan as a script: to be read, or to be run by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from migration_tools.analysis.recording import RecordedStep
from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import Backend
from migration_tools.backends.touches import Touch
from migration_tools.plan import Step
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.text import heading
from migration_tools.reports.wording import operation_phrase, summary
from migration_tools.schema.statements import PlanSQL, Source, Statement, StepSQL

HISTORY = "django_migrations"
SOURCES = {
    Source.CLONE: "Found by running the plan on an empty copy of this database's schema: these are "
    "the statements that `migrate` sends.",
    Source.REPLAY: "Found by running the plan on an empty database, in which the migrations before "
    "it were run first.",
    Source.MODELS: "Found by running the plan on empty tables of its models. Names of indexes and "
    "constraints may differ on this database.",
    Source.NONE: "Names not resolved: each step was looked at by itself, and what depends on an "
    "earlier one may be missing or differ.",
}
STOP = "Run it so that the first error ends it"


def script(assessment: Assessment, sql: PlanSQL, backend: Backend) -> Iterator[Line]:
    """Runnable from the first line to the last; what a script cannot do is said in comments."""
    yield _comment(heading(assessment))
    yield _comment(f"{summary(assessment)}.")
    for line in preamble(sql):
        yield _comment(line)
    yield _comment(f"{STOP}{backend.script_runner and f': {backend.script_runner}'}.")
    yield from statement_lines(assessment, sql, backend)


def preamble(sql: PlanSQL) -> Iterator[str]:
    yield SOURCES[sql.source]
    if sql.reason:
        yield f"No better, because {sql.reason}."
    parts = sum(bool(statement.code) for step in sql.steps for statement in step.statements)
    if parts:
        yield (
            f"{parts} part{'s are' if parts > 1 else ' is'} Python code, which is not in here and "
            "was not run: what it would change in the schema is unknown."
        )


def statement_lines(assessment: Assessment, sql: PlanSQL, backend: Backend) -> Iterator[Line]:
    recorded = {step.step: step for step in assessment.steps}
    for told in sql.steps:
        yield Line(text="")
        direction = " (unapply)" if told.step.is_backwards else ""
        yield _comment(f"{told.step.label}{direction}", tone=Tone.STEP)
        yield from step_lines(told, backend, _phrases(recorded.get(told.step)))
    reached = {told.step for told in sql.steps}
    missing = [step.step.label for step in assessment.steps if step.step not in reached]
    if missing:
        yield Line(text="")
        yield _comment(f"Not reached: {', '.join(missing)}", tone=Tone.WARNING)


def step_script(sql: PlanSQL, step: RecordedStep, backend: Backend) -> str:
    """The statements of one step; empty if it was not reached."""
    told = sql.of(step.step)
    if told is None:
        return ""
    return "\n".join(line.text for line in step_lines(told, backend, _phrases(step)))


def _phrases(step: RecordedStep | None) -> Mapping[int, str]:
    if step is None:
        return {}
    backwards = step.step.is_backwards
    return {o.index: operation_phrase(o, backwards=backwards) for o in step.operations}


def step_lines(told: StepSQL, backend: Backend, phrases: Mapping[int, str]) -> Iterator[Line]:
    """``phrases``: what each operation is called in the comment before its statements."""
    operation, is_open = None, False
    transaction = [n for n, s in enumerate(told.statements) if s.in_transaction]
    for number, statement in enumerate(told.statements):
        if statement.in_transaction and not is_open:
            is_open = True
            yield Line(text="BEGIN;")
        if statement.operation != operation and statement.operation is not None:
            yield _comment(phrases.get(statement.operation, f"Operation {statement.operation}"))
        operation = statement.operation
        yield _written(statement)
        yield from (_comment(touched(touch, backend)) for touch in statement.touches)
        if is_open and number == transaction[-1]:
            yield from _end(told, backend)
            yield Line(text="COMMIT;")
    if told.error:
        yield _comment(f"The plan stops here: {told.error}", tone=Tone.BLOCKER)
    elif not transaction:
        yield from _end(told, backend)


def _end(told: StepSQL, backend: Backend) -> Iterator[Line]:
    """What `migrate` needs to know afterwards; a step that stops is not recorded."""
    if not told.error:
        yield Line(text=f"{bookkeeping(told.step, backend)};")


def bookkeeping(step: Step, backend: Backend) -> str:
    quote, literal = backend.quote, backend.literal
    table, app, name = quote(HISTORY), quote("app"), quote("name")
    if step.is_backwards:
        return (
            f"DELETE FROM {table} WHERE {app} = {literal(step.app)} "
            f"AND {name} = {literal(step.name)}"
        )
    return (
        f"INSERT INTO {table} ({app}, {name}, {quote('applied')}) "
        f"VALUES ({literal(step.app)}, {literal(step.name)}, CURRENT_TIMESTAMP)"
    )


def _written(statement: Statement) -> Line:
    if statement.code:
        return _comment(f"Python code, not run: {statement.code}", tone=Tone.WARNING)
    return Line(text=f"{statement.sql};")


def touched(touch: Touch, backend: Backend) -> str:
    """What a statement does to a table that others use, in a few words."""
    facts = {
        "rows written anew": touch.rewrites,
        "rows read through": touch.scans and not touch.rewrites,
        "keys looked up": touch.validates,
        "index built": touch.builds and not touch.rewrites,
    }
    told = [fact for fact, holds in facts.items() if holds]
    lock = f"lock {touch.lock}" if touch.lock else ""
    way = f"ALGORITHM={touch.how}" if touch.how else ""
    return f"  {backend.quote(touch.table)}: {', '.join(filter(None, [way, lock, *told]))}"


def _comment(text: str, tone: Tone = Tone.PLAIN) -> Line:
    return Line(text=f"-- {' '.join(text.split())}", tone=tone)


def sql_as_dict(sql: PlanSQL) -> dict[str, Any]:
    return {
        "source": sql.source.value,
        "exact": sql.is_exact,
        "reason": sql.reason or None,
        "error": sql.error or None,
    }


def statements_as_list(sql: PlanSQL, step: Step) -> list[dict[str, Any]] | None:
    """None for a step that was not reached."""
    told = sql.of(step)
    if told is None:
        return None
    return [
        {
            "operation": statement.operation,
            "sql": statement.sql or None,
            "python": statement.code or None,
            "in_transaction": statement.in_transaction,
            "locks": [asdict(touch) for touch in statement.touches],
        }
        for statement in told.statements
    ]
