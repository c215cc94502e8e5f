"""System checks: of this app's own setting always, of histories only under `check --database`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import django.db
from django.core.checks import CheckMessage, Error, Warning
from django.db import connections

from migration_tools.conf import configuration
from migration_tools.exceptions import HistoryError, SettingsError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.history.statuses import Problem

#: Kind of problem -> id; never used again for something else.
IDS = {
    "ghost": "W001",
    "edited": "W002",
    "conflict": "W003",
    "inconsistent": "W004",
    "half done": "W005",
    "partly squashed": "W006",
    "broken": "W007",
}
PORTABLE = "W008"
NO_SUCH_FIELD = "W009"
NO_JOURNAL = "W010"


def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        configuration()
    except SettingsError as error:
        message = str(error).partition("\n")[0]
        return [Error(message, hint=error.hint or None, id="migration_tools.E001")]
    return []


def check_private_fields(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A name that no field has protects nothing."""
    try:
        labels = configuration().private_fields
    except SettingsError:
        return []
    if not labels:
        return []
    from migration_tools.history.named import unknown

    return [
        Warning(
            f"MIGRATION_TOOLS['PRIVATE_FIELDS'] names {label}, which no model has or had in its "
            "migrations: nothing is kept out of archives for it.",
            hint='A field is named "app.Model.field" after the model that it is declared in.',
            id=f"migration_tools.{NO_SUCH_FIELD}",
        )
        for label in unknown(labels)
    ]


def check_histories(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Reads each of ``databases``; Django names none unless `check --database` does."""
    return [message for alias in databases or () for message in _of_database(alias)]


def _of_database(alias: str) -> Iterator[CheckMessage]:
    # The start of every process imports this module, and few run these checks.
    from migration_tools.backends import for_connection
    from migration_tools.history.survey import survey

    connection = connections[alias]
    if not for_connection(connection).first_class:
        yield Warning(
            f"The database '{alias}' is judged by portable rules only.",
            hint="What a changed column does to its values is unknown there.",
            id=f"migration_tools.{PORTABLE}",
        )
    yield from _of_journal(connection)
    try:
        found = survey(connection)
    except HistoryError as error:
        yield Warning(str(error), id=f"migration_tools.{IDS['broken']}")
        return
    yield from (_message(alias, problem) for problem in found.problems if problem.kind in IDS)


def _of_journal(connection: BaseDatabaseWrapper) -> Iterator[CheckMessage]:
    """A database in which nothing was ever run has none; one that has lost it has a part left."""
    from migration_tools.archives import catalogue
    from migration_tools.journal import TABLES

    try:
        with connection.cursor() as cursor:
            found = set(connection.introspection.table_names(cursor))
    except django.db.Error:  # a database that does not answer is not this check's to tell
        return
    lost = [table for table in TABLES if table not in found]
    if lost and not found.isdisjoint({*TABLES, catalogue.TABLE}):
        yield Warning(
            f"The journal of '{connection.alias}' is missing: there is no {' and '.join(lost)}.",
            hint="Bring it back from a backup, or --undo knows of no run before the next one; "
            "archives are kept all the same:  manage.py migration_archives list",
            id=f"migration_tools.{NO_JOURNAL}",
        )


def _message(alias: str, problem: Problem) -> CheckMessage:
    return Warning(
        f"{problem.message} (database '{alias}')",
        hint=problem.remedy or None,
        id=f"migration_tools.{IDS[problem.kind]}",
    )
