"""The statements of every migration of a history, each as a script of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import django.db

from migration_tools.backends import for_connection
from migration_tools.exceptions import MigrationToolsError, ShadowError
from migration_tools.history.files import described
from migration_tools.history.statuses import Survey
from migration_tools.plan import Direction, Key, Plan, Target, make_plan
from migration_tools.reports.sql import SOURCES, step_lines
from migration_tools.schema.shadow import sql_of, sql_of_both_ways
from migration_tools.schema.statements import PlanSQL, Source

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

FROM_NOTHING = (
    "Found by running all migrations on an empty database: these are the statements that "
    "`migrate` sends there."
)
OF_TODAY = "Those of pending ones were found on an empty copy of this database's schema."
BACK = "Each was taken back there as well, before the next one."
NO_WAY_BACK = "What taking them back sends is not told: {reason}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """``note``: for people, where they come from, or why there are none."""

    forwards: dict[Key, str] = field(default_factory=dict)
    backwards: dict[Key, str] = field(default_factory=dict)
    note: str = ""


def scripts_of(survey: Survey, connection: BaseDatabaseWrapper) -> Scripts:
    """What applying each migration sends, and what taking it back does.

    Of what is pending: on the schema of today, where that can be had.
    """
    try:
        whole = make_plan(Target(), None)
        sql, ways_back = _both_ways(whole, connection)
        found = _scripts(whole, sql, connection, Direction.FORWARDS)
        back = _scripts(whole, sql, connection, Direction.BACKWARDS)
    except (MigrationToolsError, django.db.Error) as error:
        return Scripts(note=f"cannot be told: {' '.join(str(error).split())}")
    note = FROM_NOTHING if sql.source is Source.REPLAY else SOURCES[sql.source]
    stop = _stop(sql)
    note = f"{note}{f' It stopped: {stop}' if stop else ''} {ways_back}"
    if not survey.is_reachable:
        return Scripts(forwards=found, backwards=back, note=note)
    try:
        plan = make_plan(Target(), connection)
        if plan.steps and plan.applied:
            today = sql_of(plan, connection)
            if today.source is Source.CLONE:
                found |= _scripts(plan, today, connection, Direction.FORWARDS)
                note = f"{note} {OF_TODAY}"
    except (MigrationToolsError, django.db.Error):
        pass  # the history alone has to do
    return Scripts(forwards=found, backwards=back, note=note)


def _both_ways(whole: Plan, connection: BaseDatabaseWrapper) -> tuple[PlanSQL, str]:
    """Every migration forwards, at least; and a sentence about the ways back."""
    try:
        sql = sql_of_both_ways(whole, connection)
        reason = _stop(sql)
        if not reason and all(sql.of(step) for step in whole.steps):
            return sql, BACK
    except ShadowError as error:
        reason = " ".join(str(error).split()).rstrip(".")
    sql = sql_of(whole, connection, replay=True)
    return sql, NO_WAY_BACK.format(reason=reason or "one of them stopped half way")


def _stop(sql: PlanSQL) -> str:
    return next((step.error for step in sql.steps if step.error and not step.step.is_backwards), "")


def _scripts(
    plan: Plan, sql: PlanSQL, connection: BaseDatabaseWrapper, direction: Direction
) -> dict[Key, str]:
    backend = for_connection(connection)
    phrases = {
        (migration.app_label, migration.name): dict(enumerate(described(migration)))
        for migration in plan.migrations
    }
    return {
        (told.step.app, told.step.name): "\n".join(
            line.text for line in step_lines(told, backend, phrases[told.step.app, told.step.name])
        )
        for told in sql.steps
        if told.step.direction is direction
    }
