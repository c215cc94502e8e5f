"""The history as JSON: a documented contract with a version (docs/reference/json.md)."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from migration_tools.history.statuses import AppStatus, MigrationStatus, Problem, State, Survey
from migration_tools.reports.history.losses import Told

if TYPE_CHECKING:
    from migration_tools.reports.history.scripts import Scripts

VERSION = 1


def history_as_dict(
    surveys: tuple[Survey, ...],
    differences: tuple[Problem, ...] = (),
    costs: tuple[Told, ...] = (),
    scripts: Sequence[Scripts] = (),
) -> dict[str, Any]:
    """``costs`` and ``scripts``: of each survey, or nothing if none were asked for."""
    told = costs or ({},) * len(surveys)
    sql = scripts or (None,) * len(surveys)
    return {
        "version": VERSION,
        "databases": [
            _survey(survey, of_survey, of_sql)
            for survey, of_survey, of_sql in zip(surveys, told, sql, strict=True)
        ],
        "differences": [_problem(problem) for problem in differences],
    }


def _survey(survey: Survey, costs: Told, scripts: Scripts | None) -> dict[str, Any]:
    return {
        "alias": survey.alias,
        "name": survey.database,
        "reachable": survey.is_reachable,
        "error": survey.error or None,
        "problems": [_problem(problem) for problem in survey.problems],
        "apps": [_app(app, costs, scripts) for app in survey.apps],
        "totals": {
            state.value: sum(m.state is state for m in survey.migrations()) for state in State
        },
    }


def _app(app: AppStatus, costs: Told, scripts: Scripts | None) -> dict[str, Any]:
    return {
        "label": app.label,
        "installed": app.is_installed,
        "migrated": app.is_migrated,
        "migrations": [_migration(m, costs, scripts) for m in app.migrations],
    }


def _migration(migration: MigrationStatus, costs: Told, scripts: Scripts | None) -> dict[str, Any]:
    key = (migration.app, migration.name)
    ran = migration.ran
    return {
        "app": migration.app,
        "name": migration.name,
        "state": migration.state.value,
        "marks": [mark.value for mark in migration.marks],
        "applied_at": _moment(migration.applied_at),
        "run": ran.run if ran else None,
        "seconds": ran.seconds if ran else None,
        "by": (ran.by or None) if ran else None,
        "operations": list(migration.operations),
        "reversible": migration.is_reversible,
        "obstacle": migration.obstacle or None,
        "dependencies": list(migration.dependencies),
        "dependants": list(migration.dependants),
        "replaces": list(migration.replaces),
        "replaced_by": migration.replaced_by or None,
        "file": migration.file or None,
        "archives": migration.archives,
        "sql": scripts.forwards.get(key) if scripts else None,
        "sql_backwards": scripts.backwards.get(key) if scripts else None,
        "costs": [
            {
                "direction": cost.direction,
                "sentence": cost.sentence,
                "values": cost.values,
                "blocker": cost.is_blocker,
            }
            for cost in costs.get(key, ())
        ],
    }


def _moment(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "kind": problem.kind.value,
        "app": problem.app or None,
        "migrations": list(problem.migrations),
        "message": problem.message,
        "remedy": problem.remedy or None,
        "file": problem.file or None,
    }
