"""One view for each page: ask, and hand on to the template. Nothing is run and nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django
from django.contrib import admin
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.timezone import now

from migration_tools.archives.catalogue import Archive
from migration_tools.history.statuses import MigrationStatus, State, Survey
from migration_tools.journal import Outcome, RunRecord, StepRecord
from migration_tools.reports.archives import age_text, rows_text, size_text, state_text
from migration_tools.reports.history.graph import kind
from migration_tools.reports.history.losses import Told, cost_phrase
from migration_tools.reports.history.page import drawing
from migration_tools.reports.history.text import details, health
from migration_tools.reports.runs import moment
from migration_tools.reports.wording import place
from migration_tools.web.access import page
from migration_tools.web.asking import Asked, asked

#: What stands above each page.
UP = {
    "report": (),
    "migration": (("Migrations", "report"),),
    "runs": (("Migrations", "report"),),
    "run": (("Migrations", "report"), ("Runs", "runs")),
    "archives": (("Migrations", "report"),),
    "archive": (("Migrations", "report"), ("Archives", "archives")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    migration: MigrationStatus
    kind: str
    told: str
    costs: tuple[str, ...]


@page
def report(request: HttpRequest) -> HttpResponse:
    ask = asked(request)
    found = ask.survey()
    counts = "losses" in request.GET
    costs = ask.costs(found) if found and counts else {}
    return _shown(
        request,
        "report",
        ask,
        title="Migrations",
        survey=found,
        apps=_apps(found, costs) if found else (),
        totals=_totals(found) if found else (),
        graph=drawing(found) if found else "",
        counts=counts,
    )


@page
def migration(request: HttpRequest, app: str, name: str) -> HttpResponse:
    ask = asked(request)
    found = ask.survey()
    if found is None:
        return _shown(request, "migration", ask, title=f"{app}.{name}")
    status = next((m for m in found.migrations() if (m.app, m.name) == (app, name)), None)
    if status is None:
        raise Http404(f"There is no migration {app}.{name}.")
    counts = "losses" in request.GET
    costs = ask.costs(found, app) if counts else {}
    return _shown(
        request,
        "migration",
        ask,
        title=status.label,
        row=_row(status, costs),
        applied=moment(status.applied_at) if status.applied_at else "",
        problems=[p for p in found.problems if p.app == app and name in p.migrations],
        dependencies=_linked(status.dependencies, found),
        dependants=_linked(status.dependants, found),
        replaces=_linked(status.replaces, found),
        source=ask.source(status),
        archives=[_archive_row(a, ask) for a in ask.archives(app=app, name=name) if a.is_holding],
        counts=counts,
    )


@page
def runs(request: HttpRequest) -> HttpResponse:
    ask = asked(request)
    listed = [{"run": run, "started": moment(run.started)} for run in ask.runs()]
    return _shown(request, "runs", ask, title="Runs", runs=listed)


@page
def run(request: HttpRequest, number: int) -> HttpResponse:
    ask = asked(request)
    found = ask.run(number)
    if found is None:
        if not ask.trouble:
            raise Http404(f"There is no run {number} in the journal.")
        return _shown(request, "run", ask, title=f"Run {number}")
    told, steps, undone_by = found
    return _shown(
        request,
        "run",
        ask,
        title=f"Run {number}",
        run=told,
        started=moment(told.started),
        ended=moment(told.ended) if told.ended else "",
        steps=[_step_row(step) for step in steps],
        undone_by=[each for each in undone_by if each.outcome is Outcome.DONE],
        next_command=_next_command(told, ask),
    )


@page
def archives(request: HttpRequest) -> HttpResponse:
    ask = asked(request)
    listed = [_archive_row(archive, ask) for archive in ask.archives()]
    return _shown(request, "archives", ask, title="Archives", archives=listed)


@page
def archive(request: HttpRequest, number: int) -> HttpResponse:
    ask = asked(request)
    counts = "rows" in request.GET
    listed = ask.archive(number, exactly=counts)
    if listed is None:
        if not ask.trouble:
            raise Http404(f"There is no archive {number}.")
        return _shown(request, "archive", ask, title=f"Archive {number}")
    return _shown(
        request,
        "archive",
        ask,
        title=f"Archive {number}",
        row=_archive_row(listed.archive, ask),
        rows=rows_text(listed),
        size=size_text(listed) or "unknown",
        state=state_text(listed),
        holds=listed.archive.is_holding and not listed.is_gone,
        counts=counts,
    )


# --- what the templates show ------------------------------------------------------------------


def _shown(request: HttpRequest, name: str, ask: Asked, **context: Any) -> HttpResponse:
    return TemplateResponse(
        request,
        f"migration_tools/admin/{name}.html",
        {
            **admin.site.each_context(request),
            **context,
            "alias": ask.alias,
            "aliases": list(connections),
            "at": ask.query,
            "option": ask.option,
            "trouble": ask.trouble,
            "crumbs": [(text, reverse(f"migration_tools:{view}")) for text, view in UP[name]],
            "crumbs_are_a_list": django.VERSION >= (6, 1),
        },
    )


def _apps(found: Survey, costs: Told) -> list[dict[str, object]]:
    return [
        {
            "label": app.label,
            "health": health(app),
            "rows": [_row(migration, costs) for migration in reversed(app.migrations)],
        }
        for app in found.apps
    ]


def _row(status: MigrationStatus, costs: Told) -> Row:
    return Row(
        migration=status,
        kind=kind(status),
        told="; ".join(details(status)),
        costs=tuple(map(cost_phrase, costs.get((status.app, status.name), ()))),
    )


def _totals(found: Survey) -> list[tuple[str, int]]:
    every = found.migrations()
    return [
        ("applied", sum(m.state.is_done for m in every)),
        ("pending", sum(m.state in (State.PENDING, State.PARTIAL) for m in every)),
        ("ghosts", sum(m.state is State.GHOST for m in every)),
        ("problems", len(found.problems)),
    ]


def _linked(labels: tuple[str, ...], found: Survey) -> list[tuple[str, MigrationStatus | None]]:
    """Without a migration where there is none of that name."""
    known = {m.label: m for m in found.migrations()}
    return [(label, known.get(label)) for label in labels]


def _step_row(step: StepRecord) -> dict[str, object]:
    return {
        "step": step,
        "started": moment(step.started) if step.started else "",
        "took": "" if step.seconds is None else f"{step.seconds:.1f} s",
    }


def _next_command(told: RunRecord, ask: Asked) -> str:
    if told.outcome is Outcome.DONE:
        return f"manage.py migrate_safe --undo {told.id}{ask.option}"
    return f"manage.py migrate_safe --status{ask.option}"


def _archive_row(kept: Archive, ask: Asked) -> dict[str, object]:
    return {
        "archive": kept,
        "what": place(kept.table, kept.column, ask.connection.ops.quote_name),
        "rows": "not counted" if kept.rows is None else f"{kept.rows:,}",
        "age": age_text(now() - kept.created),
        "created": moment(kept.created),
    }
