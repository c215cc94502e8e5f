"""``manage.py migration_report``: the state of every migration, and what to do where it is odd."""

from __future__ import annotations

import sys
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser

from migration_tools.history.problems import differences
from migration_tools.history.statuses import State, Survey
from migration_tools.history.survey import survey
from migration_tools.management import base, history, history_output
from migration_tools.reports.history.choosing import chosen


class Command(base.OwnCommand):
    help = (
        "Shows the state of every migration: applied, pending, without its file, in conflict, and "
        "what to do about it. Reads only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        history.add_arguments(parser, formats=history_output.FORMATS, graphs=history_output.GRAPHS)

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = base.aliases(options)
        for label in options["app_labels"]:
            try:
                apps.get_app_config(label)
            except LookupError as error:
                raise CommandError(str(error)) from error
        if options["sql"] and (
            options["graph"] or options["format"] not in history_output.WITH_SQL
        ):
            raise CommandError("--sql needs --format html or --format json.")
        whole = tuple(self.survey(alias) for alias in aliases)
        different = differences(whole)
        choice = history.choice(options)
        surveys = tuple(chosen(of_database, choice) for of_database in whole)
        report = history_output.Report(
            surveys=surveys,
            differences=different,
            scripts=history.scripts(surveys) if options["sql"] else (),
            costs=history.costs(surveys, options) if options["losses"] else (),
        )
        with base.readers_may_leave(options["graph"] or options["format"]):
            history_output.write(self, report, choice, options)
        if options["check"] and (different or any(s.problems for s in surveys)):
            sys.exit(base.FOUND)
        if options["check_pending"] and any(
            app.count(State.PENDING, State.PARTIAL) for s in surveys for app in s.apps
        ):
            sys.exit(base.FOUND)

    def survey(self, alias: str) -> Survey:
        with base.clear_errors(alias):
            return survey(base.connection_of(alias))
