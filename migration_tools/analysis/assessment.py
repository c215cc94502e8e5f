"""The pipeline: from a plan to what it would destroy and what it would run into."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.db import DatabaseError

from migration_tools.analysis import effects as fx
from migration_tools.analysis.absent import absent_columns
from migration_tools.analysis.computed import computed_obstacles
from migration_tools.analysis.context import ComesBack, Context, never
from migration_tools.analysis.dependants import Dependants
from migration_tools.analysis.fingerprint import fingerprint
from migration_tools.analysis.following import follow
from migration_tools.analysis.hanging import Hanging
from migration_tools.analysis.hazards import CERTAIN, Severity
from migration_tools.analysis.left_state import with_left_state
from migration_tools.analysis.lineage import Lineage, Today
from migration_tools.analysis.listing import Listing
from migration_tools.analysis.live_keys import LiveKeys
from migration_tools.analysis.losses import losses
from migration_tools.analysis.measuring import (
    LONGEST_SECONDS,
    UNKNOWN,
    Exactness,
    Measure,
    exact,
    measure,
)
from migration_tools.analysis.obstacles import obstacles
from migration_tools.analysis.questions import Candidate, Question
from migration_tools.analysis.raw_sql import judge_sql, with_unread
from migration_tools.analysis.recording import (
    RecordedOperation,
    RecordedStep,
    Recording,
    record,
)
from migration_tools.analysis.standing import standing_obstacles
from migration_tools.analysis.trying import Trying
from migration_tools.analysis.verdicts import Assessment, Database, Finding, Loss
from migration_tools.backends import for_connection
from migration_tools.backends.base import Backend
from migration_tools.backends.hanging import ForeignKey, Violation
from migration_tools.plan import Plan

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DEFAULT_COUNT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What the database said. Without one: nothing, and every count is unknown."""

    counts: Mapping[Question, Measure] = field(default_factory=dict)
    listing: Listing | None = None
    empty: bool = False
    version: str = ""


def assess(
    plan: Plan,
    connection: BaseDatabaseWrapper,
    *,
    online: bool = True,
    absent: bool = False,
    tables_may_exist: bool = False,
    count_timeout: float = DEFAULT_COUNT_TIMEOUT,
    comes_back: ComesBack = never,
) -> Assessment:
    """Judge ``plan`` against the rows that are there now; nothing is written, nobody is blocked.

    ``online=False``: no database is touched and every count is unknown. ``absent``: the database
    does not exist yet, so that nothing is there. ``tables_may_exist``: as `--fake-initial` says.
    ``comes_back``: whether a run would give the column that a step adds values of its own.
    """
    backend = for_connection(connection)
    if not online or absent:
        recording = with_left_state(record(plan, connection, online=False), plan)
        context = _context(backend, {} if absent else None, plan, tables_may_exist)
        dependants = Dependants(keys=LiveKeys(context.lineage))
        candidates = _candidates(recording, context, dependants)
        recording = with_unread(recording, context)
        return _assessment(
            plan, recording, candidates, backend, _Answers(empty=absent), online=False
        )
    connection.ensure_connection()
    version = backend.server_version()
    recording = with_left_state(record(plan, connection, online=True), plan)
    with backend.read_only():
        deadline = time.monotonic() + count_timeout
        tables = _tables_touched(recording)
        keys = _keys(backend, recording, tables, plan)
        today = _today(backend, _with_tables_of(keys, tables, backend))
        context = _context(backend, today, plan, tables_may_exist)
        context.views, context.comes_back = _views(backend, recording), comes_back
        dependants = _dependants(backend, context, keys, tables, recording, count_timeout)
        with contextlib.closing(dependants.trying):
            candidates = _candidates(recording, context, dependants)
        recording = with_unread(recording, context)
        answers = _Answers(
            counts=measure(
                _questions(candidates), backend, seconds=max(0.0, deadline - time.monotonic())
            ),
            listing=Listing(backend),
            empty=_is_empty(backend),
            version=version,
        )
        return _assessment(plan, recording, candidates, backend, answers, online=True)


def _assessment(
    plan: Plan,
    recording: Recording,
    candidates: tuple[Candidate, ...],
    backend: Backend,
    answers: _Answers,
    *,
    online: bool,
) -> Assessment:
    verdicts = [verdict for c in candidates if (verdict := _verdict(c, answers))]
    recording = _with_acts_of_engine(recording, candidates)
    operations = recording.operations()
    place = {(step.step, operation.index): n for n, (step, operation) in enumerate(operations)}
    verdicts.sort(key=lambda verdict: place[verdict.step, verdict.index])
    return Assessment(
        plan=plan,
        steps=recording.steps,
        losses=tuple(v for v in verdicts if isinstance(v, Loss)),
        findings=tuple(v for v in verdicts if isinstance(v, Finding)),
        fingerprint=fingerprint(recording),
        database=_database(backend, answers.version),
        online=online,
        empty=answers.empty,
    )


def _database(backend: Backend, version: str) -> Database:
    settings = backend.connection.settings_dict
    return Database(
        alias=backend.connection.alias,
        vendor=backend.connection.vendor,
        display_name=backend.display_name,
        version=version,
        name=str(settings.get("NAME") or ""),
        host=str(settings.get("HOST") or ""),
        first_class=backend.first_class,
    )


def _with_acts_of_engine(recording: Recording, candidates: tuple[Candidate, ...]) -> Recording:
    """What the engine runs into after the last operation of a step has a place of its own."""
    found = {(candidate.step, candidate.index) for candidate in candidates}
    steps = []
    for step in recording.steps:
        index = _after(step)
        if (step.step, index) in found:
            look = RecordedOperation(
                index=index, description="Look at all foreign keys", effects=(), by_engine=True
            )
            step = replace(step, operations=(*step.operations, look))
        steps.append(step)
    return replace(recording, steps=tuple(steps))


def _after(step: RecordedStep) -> int:
    return max((operation.index for operation in step.operations), default=-1) + 1


def _keys(
    backend: Backend, recording: Recording, tables: tuple[str, ...], plan: Plan
) -> tuple[ForeignKey, ...]:
    drops = any(
        isinstance(effect, fx.TableDropped | fx.ColumnDropped | fx.ColumnAltered | fx.SqlRead)
        for _step, operation in recording.operations()
        for effect in operation.effects
    )
    if plan.target.start is not None or not (drops or backend.checks_all_keys):
        return ()
    return backend.foreign_keys(tables)


def _views(backend: Backend, recording: Recording) -> frozenset[str]:
    if not _reads_sql(recording):
        return frozenset()
    with backend.connection.cursor() as cursor:
        listed = backend.connection.introspection.get_table_list(cursor)
    return frozenset(info.name for info in listed if info.type == "v")


def _reads_sql(recording: Recording) -> bool:
    effects = (e for _step, operation in recording.operations() for e in operation.effects)
    return any(isinstance(effect, fx.SqlRead) for effect in effects)


def _with_tables_of(
    keys: tuple[ForeignKey, ...], tables: tuple[str, ...], backend: Backend
) -> tuple[str, ...]:
    known = {backend.fold_table(table): table for table in tables}
    for key in keys:
        for table in (key.table, key.referred):
            known.setdefault(backend.fold_table(table), table)
    return tuple(dict.fromkeys((*tables, *known.values())))


def _dependants(
    backend: Backend,
    context: Context,
    keys: tuple[ForeignKey, ...],
    tables: tuple[str, ...],
    recording: Recording,
    seconds: float,
) -> Dependants:
    """What hangs on the tables of a plan that starts from where the database is."""
    if context.hypothetical or not recording.steps:
        return Dependants(keys=LiveKeys(context.lineage))
    origins = {origin for table in tables if (origin := context.holds_rows(table)) is not None}
    return Dependants(
        keys=LiveKeys(context.lineage, keys),
        hanging=Hanging(backend.dependants_of(sorted(origins))),
        # Statements of the project may name any table.
        trying=Trying(backend.trial(None if _reads_sql(recording) else tables)),
        violations=_violations(backend, seconds) if keys else (),
    )


def _violations(backend: Backend, seconds: float) -> tuple[Violation, ...] | None:
    """None where there was no time for it."""
    if seconds <= 0:
        return None
    try:
        with backend.time_limit(min(seconds, LONGEST_SECONDS)):
            return backend.violated_keys()
    except DatabaseError:
        return None


def _today(backend: Backend, tables: tuple[str, ...]) -> Today:
    found = backend.columns_of(tables)
    hidden = backend.hidden_of([table for table in tables if table not in found])
    return {**found, **dict.fromkeys(hidden)}


def _context(backend: Backend, today: Today | None, plan: Plan, tables_may_exist: bool) -> Context:
    asked = today is not None
    lineage = Lineage(
        today,
        quote=backend.quote,
        # Some engines take letter case as their server is set up, which only the server can say.
        fold_table=backend.fold_table if asked else str,
        fold_column=backend.fold_column if asked else str,
    )
    return Context(
        backend=backend,
        lineage=lineage,
        online=asked,
        tables_may_exist=tables_may_exist,
        hypothetical=plan.target.start is not None,
    )


def _tables_touched(recording: Recording) -> tuple[str, ...]:
    """Every name of a table that a step speaks of, or that one of them had before."""
    names: dict[str, None] = {}
    for _step, operation in recording.operations():
        for effect in operation.effects:
            names.update(dict.fromkeys(fx.tables_of(effect)))
            for column in (getattr(effect, name, None) for name in ("new", "old", "column")):
                if column is not None and column.references is not None:
                    names[column.references.table] = None
    return tuple(names)


def _candidates(
    recording: Recording, context: Context, dependants: Dependants
) -> tuple[Candidate, ...]:
    """Walk the plan in the order in which it runs; every effect is judged before it is followed."""
    found: list[Candidate] = []
    for step in recording.executed:
        context.step = step.step
        for operation in step.operations:
            context.index = operation.index
            for effect in operation.effects:
                if isinstance(effect, fx.SqlRead):
                    found += judge_sql(effect, operation, context, dependants)
                    continue
                found += absent_columns(effect, operation, context)
                found += losses(effect, context)
                found += obstacles(effect, context)
                found += computed_obstacles(effect, operation.known, context)
                found += standing_obstacles(effect, operation.known, context)
                found += dependants.judge(effect, operation, context)
                follow(effect, context)
                dependants.follow(effect)
        found += dependants.end_step(_after(step), context)
    return tuple(found)


def _questions(candidates: tuple[Candidate, ...]) -> Iterator[Question]:
    for candidate in candidates:
        for question in (candidate.decides, candidate.rows, candidate.values, candidate.differing):
            if question is not None:
                yield question


def _verdict(candidate: Candidate, answers: _Answers) -> Loss | Finding | None:
    """None where the count says that there is nothing to it."""

    def answer(question: Question | None) -> Measure | None:
        if question is None:
            return None
        found = answers.counts.get(question, UNKNOWN)
        if candidate.as_of_now and found.exactness is Exactness.EXACT:
            return replace(found, exactness=Exactness.ESTIMATED)
        return found

    decides = answers.counts.get(candidate.decides, UNKNOWN) if candidate.decides else UNKNOWN
    if decides.exactness is Exactness.EXACT and (decides.count or 0) < candidate.at_least:
        return None
    if candidate.hazard is not None:
        rows = UNKNOWN if candidate.uncounted else answer(candidate.decides)
        if candidate.counted is not None:
            rows = exact(candidate.counted)
        return _finding(candidate, rows, answers.listing)
    assert candidate.kind is not None
    values = answer(candidate.values)
    rows = answer(candidate.rows) or UNKNOWN
    if candidate.at_most:
        values = values and _at_most(values)
        rows = rows if values is not None else _at_most(rows)
    return Loss(
        step=candidate.step,
        index=candidate.index,
        kind=candidate.kind,
        table=candidate.table,
        column=candidate.column,
        rows=rows,
        values=UNKNOWN if candidate.uncounted else values,
        differing=answer(candidate.differing),
        reason=candidate.reason,
        archivable=candidate.archivable,
        fields=candidate.fields,
        key=candidate.key,
    )


def _at_most(measure: Measure) -> Measure:
    if measure.exactness is not Exactness.EXACT:
        return measure
    return replace(measure, exactness=Exactness.AT_MOST)


def _finding(candidate: Candidate, rows: Measure | None, listing: Listing | None) -> Finding:
    hazard = candidate.hazard
    assert hazard is not None
    severity = hazard.severity
    uncertain = candidate.as_of_now or (rows is not None and rows.exactness is Exactness.UNKNOWN)
    if severity is Severity.BLOCKER and uncertain and hazard not in CERTAIN:
        # An opaque step before may mend the rows or make the table, or they could not be counted:
        # that it will fail is not known, and a plan is refused only for what is known.
        severity = Severity.WARNING
    listed = listing is not None and candidate.listing and candidate.table
    return Finding(
        hazard=hazard,
        severity=severity,
        step=candidate.step,
        index=candidate.index,
        table=candidate.table,
        column=candidate.column,
        rows=rows,
        detail=candidate.reason,
        as_of_now=candidate.as_of_now,
        query=listing.query(candidate) if listed and listing else "",
    )


def _is_empty(backend: Backend) -> bool:
    with backend.connection.cursor() as cursor:
        tables = backend.connection.introspection.table_names(cursor)
    return set(tables) <= {"django_migrations"}
