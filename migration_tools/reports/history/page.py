"""The history as a page: problems, databases, runs, archives, the graph, and each migration."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from migration_tools.history.past import Past, PastRun
from migration_tools.history.statuses import MigrationStatus, Problem, State, Survey
from migration_tools.journal import Outcome, StepOutline
from migration_tools.plan import Key
from migration_tools.reports.archives import age_text, rows_text, size_text, state_text
from migration_tools.reports.history.graph import kind, layout, svg
from migration_tools.reports.history.losses import Cost, Told, cost_phrase
from migration_tools.reports.history.text import cell, details, health
from migration_tools.reports.page import rendered
from migration_tools.reports.runs import moment
from migration_tools.reports.wording import Quote, place

if TYPE_CHECKING:
    from migration_tools.reports.history.scripts import Scripts

#: As the filter offers them.
KINDS = (*(state.value for state in State), "conflict", "broken")
TRAITS = ("irreversible", "with archives", "with losses", "with SQL")
TONES = {Outcome.DONE: "good", Outcome.RUNNING: "wait"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What is told of a database besides its states."""

    past: Past = field(default_factory=Past)
    quote: Quote = str
    scripts: Scripts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    number: int
    key: Key
    step: str
    what: str
    rows: str
    size: str
    since: str
    run: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    number: int
    tone: str
    outcome: str
    started: str
    told: str
    command: str
    error: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    migration: MigrationStatus
    kind: str
    told: str
    costs: tuple[str, ...]
    archives: tuple[_Kept, ...] = ()
    sql: str = ""
    sql_back: str = ""

    @property
    def traits(self) -> str:
        holds = (
            self.migration.obstacle and self.migration.state is not State.GHOST,
            self.archives,
            self.costs,
            self.sql or self.sql_back,
        )
        return ",".join(trait for trait, has in zip(TRAITS, holds, strict=True) if has)


def history_page(
    surveys: tuple[Survey, ...],
    differences: tuple[Problem, ...],
    costs: tuple[Told, ...],
    beside: Sequence[Beside] = (),
    *,
    now: datetime.datetime,
    title: str,
) -> str:
    shown = databases(surveys, costs, beside, now=now)
    problems = _problems(surveys, differences)
    context = {
        "databases": shown,
        "problems": problems,
        "matrix": _matrix(surveys, differences) if len(surveys) > 1 else None,
        "totals": _totals(surveys, len(problems), sum(len(each.past.archives) for each in beside)),
        "kinds": _used(shown, "kind", KINDS),
        "traits": _used(shown, "traits", TRAITS),
    }
    return rendered("history.html", context, now=now, title=title)


def databases(
    surveys: tuple[Survey, ...],
    costs: tuple[Told, ...],
    beside: Sequence[Beside] = (),
    *,
    now: datetime.datetime,
) -> list[dict[str, object]]:
    """What the templates show of each survey."""
    told = costs or ({},) * len(surveys)
    return [
        _database(survey, of_survey, more or Beside(), now)
        for survey, of_survey, more in zip_longest(surveys, told, beside)
    ]


def _database(
    survey: Survey, costs: Told, beside: Beside, now: datetime.datetime
) -> dict[str, object]:
    kept = archives_told(beside.past, beside.quote, now)
    by_key: dict[Key, list[_Kept]] = {}
    for archive in kept:
        by_key.setdefault(archive.key, []).append(archive)
    return {
        "survey": survey,
        "apps": [
            {
                "label": app.label,
                "health": health(app),
                "rows": [_row(m, costs, beside, by_key) for m in reversed(app.migrations)],
            }
            for app in survey.apps
        ],
        "graph": drawing(survey),
        "runs": list(map(_run, beside.past.runs)),
        "older_runs": beside.past.older,
        "archives": kept,
        "sql_note": beside.scripts.note if beside.scripts else "",
    }


def drawing(survey: Survey) -> SafeString:
    return mark_safe(svg(layout(survey)))  # the drawing escapes its texts


def _row(
    migration: MigrationStatus,
    costs: Told,
    beside: Beside,
    archives: Mapping[Key, list[_Kept]],
) -> _Row:
    key = (migration.app, migration.name)
    found: tuple[Cost, ...] = costs.get(key, ())
    return _Row(
        migration=migration,
        kind=kind(migration),
        told="; ".join(details(migration)),
        costs=tuple(map(cost_phrase, found)),
        archives=tuple(archives.get(key, ())),
        sql=beside.scripts.forwards.get(key, "") if beside.scripts else "",
        sql_back=beside.scripts.backwards.get(key, "") if beside.scripts else "",
    )


# --- runs and archives ------------------------------------------------------------------------


def archives_told(past: Past, quote: Quote, now: datetime.datetime) -> list[_Kept]:
    told = []
    for listed in past.archives:
        archive = listed.archive
        age = age_text(_between(archive.created, now))
        told.append(
            _Kept(
                number=archive.number,
                key=(archive.app, archive.name),
                step=archive.step,
                what=f"{archive.kind.value} {place(archive.table, archive.column, quote)}",
                rows=rows_text(listed),
                size=size_text(listed),
                since=f"{moment(archive.created)}, {age} ago",
                run="" if archive.run is None else str(archive.run),
                state=state_text(listed),
            )
        )
    return told


def _run(past: PastRun) -> _Run:
    run = past.run
    return _Run(
        number=run.id,
        tone=TONES.get(run.outcome, "bad"),
        outcome=run.outcome.value,
        started=moment(run.started),
        told="; ".join(_facts(past)),
        command=run.command,
        error=" ".join(run.error.split()),
        steps=tuple((step.label, _step(step)) for step in past.steps),
    )


def _facts(past: PastRun) -> list[str]:
    run = past.run
    many = len(past.steps)
    told = [f"{many} step{'' if many == 1 else 's'} {run.direction.value}"]
    if run.ended is not None:
        told.append(f"took {duration(_between(run.started, run.ended).total_seconds())}")
    told.append(f"by {run.user}@{run.host}")
    if run.undo_of is not None:
        told.append(f"takes back run {run.undo_of}")
    if past.undone_by is not None:
        told.append(f"undone by run {past.undone_by}")
    return told


def _step(step: StepOutline) -> str:
    took = "" if step.seconds is None else f", {duration(step.seconds)}"
    return f"{step.direction.value}, {'faked' if step.faked else step.outcome.value}{took}"


def _between(start: datetime.datetime, end: datetime.datetime) -> datetime.timedelta:
    if (start.tzinfo is None) != (end.tzinfo is None):
        end = end.replace(tzinfo=start.tzinfo)
    return end - start


def duration(seconds: float) -> str:
    """ "0.3 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


# --- the whole --------------------------------------------------------------------------------


def _used(shown: list[dict[str, object]], name: str, known: Sequence[str]) -> list[str]:
    """What the filter can find on this page."""
    apps: list[list[_Row]] = [app["rows"] for each in shown for app in each["apps"]]  # type: ignore[attr-defined]
    words = {word for rows in apps for row in rows for word in getattr(row, name).split(",")}
    return [word for word in known if word in words]


def _problems(
    surveys: tuple[Survey, ...], differences: tuple[Problem, ...]
) -> list[tuple[str, Problem]]:
    several = len(surveys) > 1
    found = [
        (survey.alias if several else "", problem)
        for survey in surveys
        for problem in survey.problems
    ]
    return [*found, *(("", problem) for problem in differences)]


def _matrix(surveys: tuple[Survey, ...], differences: tuple[Problem, ...]) -> dict[str, object]:
    labels = sorted({app.label for survey in surveys for app in survey.apps if app.migrations})
    differing = {problem.app for problem in differences}
    return {
        "aliases": [survey.alias for survey in surveys],
        "rows": [
            (label, [cell(survey, label) for survey in surveys], label in differing)
            for label in labels
        ],
    }


def _totals(
    surveys: tuple[Survey, ...], problems: int, archives: int
) -> list[tuple[str, int, bool]]:
    everything = [m for survey in surveys for m in survey.migrations()]
    counted = [m for survey in surveys for app in survey.apps for m in app.counted]
    pending = sum(m.state is State.PENDING for m in counted)
    totals = [
        ("applied", sum(m.state.is_done for m in counted), False),
        ("pending", pending, False),
        ("ghosts", sum(m.state is State.GHOST for m in everything), False),
        ("problem" if problems == 1 else "problems", problems, bool(problems)),
    ]
    if archives:
        totals.append(("archive held" if archives == 1 else "archives held", archives, False))
    return totals
