"""The statements of every migration of a history, each as a script of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import django.db

from migration_tools.backends import for_connection
from migration_tools.exceptions import MigrationToolsError
from migration_tools.history.files import described
from migration_tools.history.statuses import Survey
from migration_tools.plan import Key, Plan, Target, make_plan
from migration_tools.reports.sql import SOURCES, step_lines
from migration_tools.schema.shadow import sql_of
from migration_tools.schema.statements import PlanSQL, Source

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

FROM_NOTHING = (
    "Found by running all migrations on an empty database: these are the statements that "
    "`migrate` sends there."
)
OF_TODAY = "Those of pending ones were found on an empty copy of this database's schema."


def scripts_of(survey: Survey, connection: BaseDatabaseWrapper) -> tuple[dict[Key, str], str]:
    """What applying each migration sends, and for people where that comes from.

    Of what is pending: on the schema of today, where that can be had.
    """
    found: dict[Key, str] = {}
    try:
        whole = make_plan(Target(), None)
        sql = sql_of(whole, connection, replay=True)
        found |= _scripts(whole, sql, connection)
    except (MigrationToolsError, django.db.Error) as error:
        return {}, f"cannot be told: {' '.join(str(error).split())}"
    note = FROM_NOTHING if sql.source is Source.REPLAY else SOURCES[sql.source]
    if sql.error:
        note = f"{note} It stopped: {sql.error}"
    if not survey.is_reachable:
        return found, note
    try:
        plan = make_plan(Target(), connection)
        if plan.steps and plan.applied:
            today = sql_of(plan, connection)
            if today.source is Source.CLONE:
                found |= _scripts(plan, today, connection)
                note = f"{note} {OF_TODAY}"
    except (MigrationToolsError, django.db.Error):
        pass  # the history alone has to do
    return found, note


def _scripts(plan: Plan, sql: PlanSQL, connection: BaseDatabaseWrapper) -> dict[Key, str]:
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
    }
