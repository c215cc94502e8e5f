"""The pipeline, and what it returns: what a plan would destroy, and what it would run into."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from migration_tools.analysis import effects as fx
from migration_tools.analysis.context import Context
from migration_tools.analysis.hazards import Hazard, Severity
from migration_tools.analysis.lineage import Lineage
from migration_tools.analysis.losses import losses
from migration_tools.analysis.measuring import UNKNOWN, Exactness, Measure, measure
from migration_tools.analysis.obstacles import obstacles
from migration_tools.analysis.questions import Candidate, LossKind, Question
from migration_tools.analysis.recording import RecordedStep, Recording, record
from migration_tools.backends import for_connection
from migration_tools.backends.base import Backend
from migration_tools.plan import Plan, Step

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

DEFAULT_COUNT_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Stored values that the way back would not bring back. ``table`` and ``column`` are today's.

    ``values``: None for a dropped table, where whole rows go. ``differing``: of a dropped column's
    values, those that are not its default.
    """

    step: Step
    index: int
    kind: LossKind
    table: str
    column: str
    rows: Measure
    values: Measure | None
    differing: Measure | None
    reason: str

    @property
    def amount(self) -> Measure:
        return self.rows if self.values is None else self.values

    @property
    def exactness(self) -> Exactness:
        return self.amount.exactness


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One hazard met at one step. ``query`` lists the rows concerned, ready to paste."""

    hazard: Hazard
    severity: Severity
    step: Step
    index: int
    table: str
    column: str
    rows: Measure | None
    detail: str
    as_of_now: bool
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Which database an assessment speaks of. ``version`` is empty where none was asked."""

    alias: str
    vendor: str
    display_name: str
    version: str
    name: str
    first_class: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """``fingerprint``: hash of steps and effects, the same on every machine and engine.

    ``empty``: the database holds no table but the record of migrations, so that nothing can be
    lost whatever an opaque step does.
    """

    plan: Plan
    steps: tuple[RecordedStep, ...]
    losses: tuple[Loss, ...]
    findings: tuple[Finding, ...]
    fingerprint: str
    database: Database
    online: bool
    empty: bool

    def by_place(self) -> Mapping[tuple[Step, int], list[Loss | Finding]]:
        """What there is to say of each operation, losses first; made anew at every call."""
        told: dict[tuple[Step, int], list[Loss | Finding]] = {}
        for item in (*self.losses, *self.findings):
            told.setdefault((item.step, item.index), []).append(item)
        return told

    @property
    def blockers(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKER)

    @property
    def opaque(self) -> tuple[tuple[Step, fx.Opaque], ...]:
        """The parts of the plan which may destroy what nobody can count beforehand."""
        if self.empty:
            return ()
        return tuple(
            (step.step, effect)
            for step in self.steps
            for operation in step.operations
            for effect in operation.effects
            if isinstance(effect, fx.Opaque)
        )

    @property
    def destroyed(self) -> tuple[Loss, ...]:
        """The losses proper: fills change no stored value."""
        return tuple(loss for loss in self.losses if loss.kind is not LossKind.FILLS)

    @property
    def unknown(self) -> int:
        """How many things could not be counted, opaque operations included."""
        uncounted = sum(loss.exactness is Exactness.UNKNOWN for loss in self.destroyed)
        return uncounted + len(self.opaque)

    @property
    def is_exact(self) -> bool:
        measures = [loss.exactness for loss in self.losses]
        measures += [finding.rows.exactness for finding in self.findings if finding.rows]
        return not self.opaque and all(exactness is Exactness.EXACT for exactness in measures)


def assess(
    plan: Plan,
    connection: BaseDatabaseWrapper,
    *,
    online: bool = True,
    absent: bool = False,
    tables_may_exist: bool = False,
    count_timeout: float = DEFAULT_COUNT_TIMEOUT,
) -> Assessment:
    """Judge ``plan`` against the rows that are there now; nothing is written, nobody is blocked.

    ``online=False``: no database is touched and every count is unknown. ``absent``: the database
    does not exist yet, so that nothing is there.
    """
    backend = for_connection(connection)
    asks = online and not absent
    if asks:
        connection.ensure_connection()
        version = backend.server_version()
    recording = record(plan, connection, online=asks)
    if not asks:
        today: Mapping[str, tuple[str, ...]] | None = {} if absent else None
        candidates = _candidates(recording, _lineage(today, backend), backend, asks, tables_may_exist)
        answers: Mapping[Question, Measure] = {}
        version, empty = "", absent
        queries: Callable[[Candidate], str] = _no_query
        return _assessment(
            plan, recording, candidates, answers, backend, version, asks, empty, queries
        )
    with backend.read_only():
        names = _tables_touched(recording, backend)
        lineage = _lineage(backend.columns_of(names), backend)
        candidates = _candidates(recording, lineage, backend, asks, tables_may_exist)
        answers = measure(_questions(candidates), backend, seconds=count_timeout)
        return _assessment(
            plan,
            recording,
            candidates,
            answers,
            backend,
            version,
            asks,
            _is_empty(backend),
            _Listing(backend).query,
        )


def _assessment(
    plan: Plan,
    recording: Recording,
    candidates: tuple[Candidate, ...],
    answers: Mapping[Question, Measure],
    backend: Backend,
    version: str,
    online: bool,
    empty: bool,
    query: Callable[[Candidate], str],
) -> Assessment:
    verdicts = [verdict for c in candidates if (verdict := _verdict(c, answers, query))]
    place = {(s.step, o.index): n for n, (s, o) in enumerate(_operations(recording))}
    verdicts.sort(key=lambda verdict: place[verdict.step, verdict.index])
    connection = backend.connection
    return Assessment(
        plan=plan,
        steps=recording.steps,
        losses=tuple(v for v in verdicts if isinstance(v, Loss)),
        findings=tuple(v for v in verdicts if isinstance(v, Finding)),
        fingerprint=fingerprint(recording),
        database=Database(
            alias=connection.alias,
            vendor=connection.vendor,
            display_name=backend.display_name,
            version=version,
            name=str(connection.settings_dict.get("NAME") or ""),
            first_class=backend.first_class,
        ),
        online=online,
        empty=empty,
    )


def _operations(recording: Recording) -> Iterator[tuple[RecordedStep, Any]]:
    for step in recording.steps:
        for operation in step.operations:
            yield step, operation


def _lineage(today: Mapping[str, tuple[str, ...]] | None, backend: Backend) -> Lineage:
    return Lineage(today, quote=backend.quote, fold_table=backend.fold_table, fold_column=backend.fold_column)


def _tables_touched(recording: Recording, backend: Backend) -> tuple[str, ...]:
    """Every name of a table that a step speaks of, or that one of them had before."""
    names: dict[str, None] = {}
    for _step, operation in _operations(recording):
        for effect in operation.effects:
            for attribute in ("table", "new_table"):
                if name := getattr(effect, attribute, ""):
                    names[name] = None
            for column in (getattr(effect, "new", None), getattr(effect, "old", None)):
                if column is not None and column.references is not None:
                    names[column.references.table] = None
    return tuple(names)


def _candidates(
    recording: Recording,
    lineage: Lineage,
    backend: Backend,
    online: bool,
    tables_may_exist: bool,
) -> tuple[Candidate, ...]:
    """Walk the plan in the order in which it runs; every effect is judged before it is followed."""
    context = Context(
        backend=backend, lineage=lineage, online=online, tables_may_exist=tables_may_exist
    )
    found: list[Candidate] = []
    for step in recording.executed:
        context.step = step.step
        for operation in step.operations:
            context.index = operation.index
            for effect in operation.effects:
                found += losses(effect, context)
                found += obstacles(effect, context)
                _follow(effect, context)
    return tuple(found)


def _follow(effect: fx.Effect, context: Context) -> None:
    conversion = context.conversion(effect) if isinstance(effect, fx.ColumnAltered) else None
    context.lineage.follow(effect)
    if isinstance(effect, fx.ColumnAltered) and conversion is not None:
        context.lineage.convert(effect.table, effect.new.name, conversion.value)
    if isinstance(effect, fx.Opaque):
        context.after_opaque = True


def _questions(candidates: tuple[Candidate, ...]) -> Iterator[Question]:
    for candidate in candidates:
        for question in (candidate.decides, candidate.rows, candidate.values, candidate.differing):
            if question is not None:
                yield question


def _verdict(
    candidate: Candidate, answers: Mapping[Question, Measure], query: Callable[[Candidate], str]
) -> Loss | Finding | None:
    def answer(question: Question | None) -> Measure | None:
        if question is None:
            return None
        found = answers.get(question, UNKNOWN)
        if candidate.as_of_now and found.exactness is Exactness.EXACT:
            return replace(found, exactness=Exactness.ESTIMATED)
        return found

    decides = candidate.decides and answers.get(candidate.decides, UNKNOWN)
    if decides and decides.exactness is Exactness.EXACT:
        if decides.count is not None and decides.count < candidate.at_least:
            return None
    if candidate.hazard is not None:
        return _finding(candidate, answer(candidate.decides), query)
    assert candidate.kind is not None
    return Loss(
        step=candidate.step,
        index=candidate.index,
        kind=candidate.kind,
        table=candidate.table,
        column=candidate.column,
        rows=answer(candidate.rows) or UNKNOWN,
        values=UNKNOWN if candidate.uncounted else answer(candidate.values),
        differing=answer(candidate.differing),
        reason=candidate.reason,
    )


def _finding(
    candidate: Candidate, rows: Measure | None, query: Callable[[Candidate], str]
) -> Finding:
    hazard = candidate.hazard
    assert hazard is not None
    severity = hazard.severity
    uncertain = candidate.as_of_now or (rows is not None and rows.exactness is Exactness.UNKNOWN)
    if severity is Severity.BLOCKER and candidate.decides is not None and uncertain:
        # An opaque step before may mend the rows, or they could not be counted: that it will fail
        # is not known, and a plan is refused only for what is known.
        severity = Severity.WARNING
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
        query=query(candidate) if candidate.listing and candidate.table else "",
    )


def _no_query(candidate: Candidate) -> str:
    return ""


class _Listing:
    """The query that lists the rows of a finding, by their primary key."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._keys: dict[str, tuple[str, ...]] = {}

    def query(self, candidate: Candidate) -> str:
        quote = self._backend.quote
        shown = dict.fromkeys((*self._primary_key(candidate.table), *candidate.shown))
        selected = ", ".join(quote(name) for name in shown) or "*"
        return f"SELECT {selected} FROM {quote(candidate.table)} WHERE {candidate.listing};"

    def _primary_key(self, table: str) -> tuple[str, ...]:
        if table not in self._keys:
            introspection = self._backend.connection.introspection
            with self._backend.connection.cursor() as cursor:
                self._keys[table] = tuple(introspection.get_primary_key_columns(cursor, table) or ())
        return self._keys[table]


def _is_empty(backend: Backend) -> bool:
    with backend.connection.cursor() as cursor:
        tables = backend.connection.introspection.table_names(cursor)
    return set(tables) <= {"django_migrations"}


def fingerprint(recording: Recording) -> str:
    """Sixteen hexadecimal digits over steps and effects; no counts, no names of one engine."""
    told = [
        (step.step.app, step.step.name, step.step.direction, operation.index, _plain(effect))
        for step, operation in _operations(recording)
        for effect in operation.effects or (None,)
    ]
    bare = [(step.step.app, step.step.name, step.step.direction) for step in recording.steps]
    text = json.dumps([bare, told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Only what compares, as JSON can hold it."""
    if is_dataclass(value):
        compared = {f.name: _plain(getattr(value, f.name)) for f in fields(value) if f.compare}
        return {"effect": type(value).__name__, **compared}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
