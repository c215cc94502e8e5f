"""Runs and steps of `migrate_safe`, written down beside what they change.

On the pattern of Django's MigrationRecorder: tables of our own, made by the first run that has
something to do, never by a command that only reads; no migrations of ours in anybody's plan, and
routers have no say. Only `migrate_safe` writes them.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.db import models
from django.utils.timezone import now

from migration_tools.exceptions import JournalError
from migration_tools.own_tables import OwnTables
from migration_tools.plan import Direction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

RUN_TABLE = "migration_tools_run"
STEP_TABLE = "migration_tools_step"
#: Every table of the journal.
TABLES = (RUN_TABLE, STEP_TABLE)


class Outcome(enum.StrEnum):
    """``WRITTEN``: the step's own transaction was committed, and django_migrations not yet told."""

    PLANNED = "planned"
    RUNNING = "running"
    WRITTEN = "written"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """``undo_of``: the run that this one takes back. ``command``: as it was typed."""

    id: int
    started: datetime
    ended: datetime | None
    outcome: Outcome
    user: str
    host: str
    pid: int
    version: str
    command: str
    app: str
    migration: str
    direction: Direction
    fingerprint: str
    undo_of: int | None
    error: str

    @property
    def is_backwards(self) -> bool:
        return self.direction is Direction.BACKWARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """``operations``: JSON, see execution/operations.py; empty where a step is all or nothing."""

    id: int
    run: int
    position: int
    app: str
    name: str
    direction: Direction
    started: datetime | None
    ended: datetime | None
    outcome: Outcome
    faked: bool
    seconds: float | None
    source_hash: str
    source: str
    operations: str

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def key(self) -> tuple[str, str]:
        return self.app, self.name

    @property
    def is_backwards(self) -> bool:
        return self.direction is Direction.BACKWARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class LastStep:
    """The latest step with one migration; ``by``: user@host, and ``version``, of its run."""

    id: int
    run: int
    direction: Direction
    outcome: Outcome
    faked: bool
    seconds: float | None
    source_hash: str
    source: str
    operations: str
    by: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutline:
    """A step of a run without its source and its operations."""

    app: str
    name: str
    direction: Direction
    outcome: Outcome
    faked: bool
    seconds: float | None

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"


@functools.cache
def _models() -> tuple[Any, Any]:
    """The two models, made when they are first needed: the app registry must be ready by then."""
    registry = Apps()

    class Run(models.Model):
        id = models.BigAutoField(primary_key=True)
        started = models.DateTimeField(default=now)
        ended = models.DateTimeField(null=True)
        outcome = models.CharField(max_length=16)
        user = models.CharField(max_length=255)
        host = models.CharField(max_length=255)
        pid = models.BigIntegerField()
        version = models.CharField(max_length=32)
        command = models.TextField()
        app = models.CharField(max_length=255)
        migration = models.CharField(max_length=255)
        direction = models.CharField(max_length=16)
        fingerprint = models.CharField(max_length=64)
        undo_of = models.BigIntegerField(null=True)
        error = models.TextField()

        class Meta:
            apps = registry
            app_label = "migration_tools"
            db_table = RUN_TABLE

        def __str__(self) -> str:
            return f"Run {self.id}"

    class Step(models.Model):
        id = models.BigAutoField(primary_key=True)
        run = models.BigIntegerField(db_index=True)
        position = models.IntegerField()
        app = models.CharField(max_length=255)
        name = models.CharField(max_length=255)
        direction = models.CharField(max_length=16)
        started = models.DateTimeField(null=True)
        ended = models.DateTimeField(null=True)
        outcome = models.CharField(max_length=16)
        faked = models.BooleanField()
        seconds = models.FloatField(null=True)
        source_hash = models.CharField(max_length=64)
        source = models.TextField()
        operations = models.TextField()

        class Meta:
            apps = registry
            app_label = "migration_tools"
            db_table = STEP_TABLE

        def __str__(self) -> str:
            return f"{self.app}.{self.name} of run {self.run}"

    return Run, Step


class Journal:
    """What it writes goes through ``connection``, as part of whatever transaction is open there."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self._tables = OwnTables(connection, TABLES, _models)

    # --- the tables -------------------------------------------------------------------------

    def exists(self) -> bool:
        return self._tables.exist()

    def ensure_tables(self) -> None:
        """Raises JournalError where they cannot be made."""
        told = "The journal of runs cannot be made, and without it nothing is run"
        self._tables.make(JournalError, told)

    # --- writing ----------------------------------------------------------------------------

    def open_run(self, steps: Iterable[dict[str, Any]], **facts: Any) -> int:
        """A run that is running, all of its steps still planned; its number."""
        self.ensure_tables()
        run_model, step_model = _models()
        alias = self.connection.alias
        run = run_model.objects.using(alias).create(
            outcome=Outcome.RUNNING.value, error="", **facts
        )
        step_model.objects.using(alias).bulk_create(
            [
                step_model(run=run.pk, position=position, outcome=Outcome.PLANNED.value, **about)
                for position, about in enumerate(steps, 1)
            ],
            batch_size=50,
        )
        return int(run.pk)

    def change_run(self, number: int, **values: Any) -> None:
        self._rows(0).filter(pk=number).update(**_stored(values))

    def change_step(self, run: int, position: int, **values: Any) -> None:
        self._rows(1).filter(run=run, position=position).update(**_stored(values))

    def settle(self, run: int, applied: Collection[tuple[str, str]]) -> None:
        """Call those steps of a run done of which django_migrations says so."""
        for step in self.steps(run):
            if step.outcome is not Outcome.DONE and (step.key in applied) != step.is_backwards:
                self.change_step(run, step.position, outcome=Outcome.DONE, ended=now())

    # --- reading ----------------------------------------------------------------------------

    def run(self, number: int) -> RunRecord | None:
        if not self.exists():
            return None
        row = self._rows(0).filter(pk=number).first()
        return row and _run(row)

    def runs(self, *, limit: int | None = None, **filters: Any) -> tuple[RunRecord, ...]:
        """The newest first."""
        if not self.exists():
            return ()
        found = self._rows(0).filter(**_stored(filters)).order_by("-pk")[:limit]
        return tuple(map(_run, found))

    def steps(self, run: int | Sequence[int]) -> tuple[StepRecord, ...]:
        """In the order in which they run."""
        if not self.exists():
            return ()
        numbers = [run] if isinstance(run, int) else list(run)
        found = self._rows(1).filter(run__in=numbers).order_by("run", "position")
        return tuple(map(_step, found))

    def outlines(self, runs: Sequence[int]) -> dict[int, tuple[StepOutline, ...]]:
        """The steps of each of these runs in their order; one query for all."""
        if not runs or not self.exists():
            return {}
        rows = self._rows(1).filter(run__range=(min(runs), max(runs))).order_by("run", "position")
        found: dict[int, list[StepOutline]] = {}
        for values in rows.values("run", *StepOutline.__slots__):
            run = values.pop("run")
            values["outcome"] = Outcome(values["outcome"])
            values["direction"] = Direction(values["direction"])
            found.setdefault(run, []).append(StepOutline(**values))
        return {run: tuple(steps) for run, steps in found.items()}

    def step(self, run: int, position: int) -> StepRecord | None:
        row = self._rows(1).filter(run=run, position=position).first()
        return row and _step(row)

    def unfinished_steps(self) -> tuple[StepRecord, ...]:
        """Those that were started and of which nobody wrote that they were done; newest first."""
        if not self.exists():
            return ()
        outcomes = (Outcome.RUNNING, Outcome.WRITTEN, Outcome.FAILED, Outcome.INTERRUPTED)
        found = self._rows(1).filter(outcome__in=[outcome.value for outcome in outcomes])
        return tuple(map(_step, found.order_by("-run", "-position")))

    def last_steps(self) -> dict[tuple[str, str], LastStep]:
        """What was begun last with each migration; the sources of these and of no others."""
        if not self.exists():
            return {}
        names = [n for n in LastStep.__slots__ if n not in ("by", "version", "source")]
        begun = self._rows(1).exclude(outcome=Outcome.PLANNED.value).order_by("run", "position")
        last = {(row["app"], row["name"]): row for row in begun.values("app", "name", *names)}
        by_run = {run.id: run for run in self.runs()}
        sources = self._sources([row["id"] for row in last.values()])
        return {
            key: _last_step(row, by_run.get(row["run"]), sources.get(row["id"], ""))
            for key, row in last.items()
        }

    def _sources(self, steps: Sequence[int]) -> dict[int, str]:
        """By the steps' ids; in pieces, since engines limit the parameters of a query."""
        found: dict[int, str] = {}
        for start in range(0, len(steps), 500):
            rows = self._rows(1).filter(pk__in=steps[start : start + 500])
            found |= dict(rows.values_list("pk", "source"))
        return found

    def last_step(self, app: str, name: str) -> StepRecord | None:
        """What was done last with one migration."""
        if not self.exists():
            return None
        found = self._rows(1).filter(app=app, name=name, outcome=Outcome.DONE.value)
        row = found.order_by("-run", "-position").first()
        return row and _step(row)

    def _rows(self, which: int) -> Any:
        return _models()[which].objects.using(self.connection.alias)


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, enum.Enum) else value
        for name, value in values.items()
    }


def _run(row: Any) -> RunRecord:
    return RunRecord(**_read(RunRecord, row))


def _step(row: Any) -> StepRecord:
    return StepRecord(**_read(StepRecord, row))


def _last_step(row: dict[str, Any], run: RunRecord | None, source: str) -> LastStep:
    values = {name: row[name] for name in LastStep.__slots__ if name in row}
    values["outcome"] = Outcome(row["outcome"])
    values["direction"] = Direction(row["direction"])
    by, version = (f"{run.user}@{run.host}", run.version) if run else ("", "")
    return LastStep(**values, source=source, by=by, version=version)


def _read(kind: Any, row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in kind.__slots__}
    values["outcome"] = Outcome(values["outcome"])
    values["direction"] = Direction(values["direction"])
    return values
