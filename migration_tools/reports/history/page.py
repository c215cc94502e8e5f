"""The history as one page of HTML that needs nothing else: no network, no server, no script to see.

Every text goes through the template engine's escaping; the graph escapes its own.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from django.template import Context, Engine
from django.utils.safestring import SafeString, mark_safe

import migration_tools
from migration_tools.history.statuses import MigrationStatus, Problem, State, Survey
from migration_tools.reports.history.graph import kind, layout, svg
from migration_tools.reports.history.losses import Cost, Told, cost_phrase
from migration_tools.reports.history.text import cell, details, health

TEMPLATES = Path(migration_tools.__file__).parent / "templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    migration: MigrationStatus
    kind: str
    told: str
    costs: tuple[str, ...]


def history_page(
    surveys: tuple[Survey, ...],
    differences: tuple[Problem, ...],
    costs: tuple[Told, ...],
    *,
    now: datetime.datetime,
    title: str,
) -> str:
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True)
    return engine.get_template("migration_tools/history.html").render(
        Context(
            {
                "title": title,
                "now": f"{now:%Y-%m-%d %H:%M %Z}".strip(),
                "version": migration_tools.__version__,
                "databases": databases(surveys, costs),
                "problems": _problems(surveys, differences),
                "matrix": _matrix(surveys, differences) if len(surveys) > 1 else None,
                "totals": _totals(surveys),
            }
        )
    )


def databases(surveys: tuple[Survey, ...], costs: tuple[Told, ...]) -> list[dict[str, object]]:
    """What the templates show of each survey."""
    told = costs or ({},) * len(surveys)
    return [
        {
            "survey": survey,
            "apps": [
                {
                    "label": app.label,
                    "health": health(app),
                    "rows": [_row(m, of_survey) for m in reversed(app.migrations)],
                }
                for app in survey.apps
            ],
            "graph": drawing(survey),
        }
        for survey, of_survey in zip(surveys, told, strict=True)
    ]


def drawing(survey: Survey) -> SafeString:
    return mark_safe(svg(layout(survey)))  # the drawing escapes its texts


def _row(migration: MigrationStatus, costs: Told) -> _Row:
    found: tuple[Cost, ...] = costs.get((migration.app, migration.name), ())
    return _Row(
        migration=migration,
        kind=kind(migration),
        told="; ".join(details(migration)),
        costs=tuple(map(cost_phrase, found)),
    )


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


def _totals(surveys: tuple[Survey, ...]) -> list[tuple[str, int]]:
    everything = [m for survey in surveys for m in survey.migrations()]
    return [
        ("applied", sum(m.state.is_done for m in everything)),
        ("pending", sum(m.state in (State.PENDING, State.PARTIAL) for m in everything)),
        ("ghosts", sum(m.state is State.GHOST for m in everything)),
    ]
