"""``manage.py migration_diff``: two points of the history as SQL, or the live schema's drift."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from migration_tools.backends import for_connection
from migration_tools.backends.scratch import SERVERLESS, without_server
from migration_tools.conf import configuration
from migration_tools.management import base, diff_output
from migration_tools.reports.schema import diffs
from migration_tools.schema.between import APPLIED, ENDS, LATEST, Between, between
from migration_tools.schema.drift import Drift, drift_of


class Command(base.OwnCommand):
    help = (
        "Shows how the schema differs between two points of the history, as SQL; with --live, "
        "between the database and what its applied migrations make. Reads only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "points",
            nargs="*",
            metavar="app_label from to",
            help=f"An app, and two of its migrations or of {', '.join(ENDS)}. Default: all apps, "
            f"from {APPLIED} to {LATEST}.",
        )
        parser.add_argument(
            "--live",
            action="store_true",
            help="Compare the database with what its applied migrations make on the same server.",
        )
        parser.add_argument(
            "--ignore",
            action="append",
            default=[],
            metavar="PATTERN",
            help="With --live: leave out and count what is different in this table, table.column "
            "or table.index; * and ? as in names of files. Can be given several times.",
        )
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, metavar="ALIAS")
        parser.add_argument(
            "--vendor",
            choices=SERVERLESS,
            help="Show the SQL of this engine; no server of it and no database is asked.",
        )
        parser.add_argument(
            "--format",
            choices=diff_output.FORMATS,
            default="text",
            help="markdown: a comment for a pull request; github: annotations; html: one page that "
            "needs nothing else; html-fragment: the same without the page, for another one.",
        )
        parser.add_argument("--output", metavar="FILE", help="Write the report to a file.")
        parser.add_argument(
            "--check",
            action="store_true",
            help=f"Exit with status {base.FOUND} if there is a difference.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        app, start, end = read_points(options["points"], live=options["live"])
        alias = options["database"]
        connection = base.connection_of(alias)
        if options["vendor"] and (options["live"] or APPLIED in (start, end)):
            raise CommandError(
                f"--vendor asks no database: name two ends other than '{APPLIED}', and no --live."
            )
        if options["ignore"] and not options["live"]:
            raise CommandError("--ignore is about drift: it goes with --live.")
        with base.clear_errors(alias):
            ignore = (*configuration().ignore_drift, *options["ignore"])
            if options["vendor"]:
                connection = without_server(options["vendor"], connection)
            quote = for_connection(connection).quote
            told: Between | Drift
            if options["live"]:
                told = drift_of(connection, app=app, ignore=ignore)
                differs = bool(told.drifted)
            else:
                told = between(connection, app, start, end)
                differs = bool(diffs(told, quote))
        diff_output.write(self, told, quote, options["format"], options["output"])
        if options["check"] and differs:
            sys.exit(base.FOUND)


def read_points(points: list[str], *, live: bool) -> tuple[str | None, str, str]:
    """The app, if one is named, and the two ends."""
    given = list(points)
    app = given.pop(0) if given and given[0] not in ENDS else None
    if len(given) > (0 if live else 2):
        raise CommandError(
            "--live takes an app label and no more."
            if live
            else "Name an app label and two points of its history, no more."
        )
    start, end = [*given, *(APPLIED, LATEST)[len(given) :]]
    return app, start, end
