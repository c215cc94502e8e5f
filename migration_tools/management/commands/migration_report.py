"""``manage.py migration_report``: the state of every migration, and what to do where it is odd."""

from __future__ import annotations

import json
import shutil
import sys
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from migration_tools.history.problems import differences
from migration_tools.history.statuses import Problem, State, Survey
from migration_tools.history.survey import survey
from migration_tools.management import base, history
from migration_tools.reports.history.choosing import Choice, chosen
from migration_tools.reports.history.losses import Told
from migration_tools.reports.lines import Line

FORMATS = ("text", "json", "markdown", "github", "html")
GRAPHS = ("mermaid", "dot", "svg")


class Command(BaseCommand):
    help = (
        "Shows the state of every migration: applied, pending, without its file, in conflict, and "
        "what to do about it. Reads only."
    )
    # Importing the URLconf for the checks costs more than everything else here.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        history.add_arguments(parser, formats=FORMATS, graphs=GRAPHS)

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = base.aliases(options)
        for label in options["app_labels"]:
            try:
                apps.get_app_config(label)
            except LookupError as error:
                raise CommandError(str(error)) from error
        whole = tuple(self.survey(alias) for alias in aliases)
        different = differences(whole)
        choice = history.choice(options)
        surveys = tuple(chosen(of_database, choice) for of_database in whole)
        costs = history.costs(surveys, options) if options["losses"] else ()
        with base.readers_may_leave():
            self.write(surveys, different, costs, choice, options)
        if options["check"] and (different or any(s.problems for s in surveys)):
            sys.exit(base.FOUND)
        if options["check_pending"] and any(
            app.count(State.PENDING, State.PARTIAL) for s in surveys for app in s.apps
        ):
            sys.exit(base.FOUND)

    def survey(self, alias: str) -> Survey:
        with base.clear_errors(alias):
            return survey(base.connection_of(alias))

    def write(
        self,
        surveys: tuple[Survey, ...],
        different: tuple[Problem, ...],
        costs: tuple[Told, ...],
        choice: Choice,
        options: dict[str, Any],
    ) -> None:
        """Each format is imported when it is asked for: the start of the process is most of it."""
        output = options["output"]
        if options["graph"]:
            base.write_report(self, self.graph(surveys, options["graph"]), output)
        elif options["format"] == "json":
            from migration_tools.reports.history.serializing import history_as_dict

            report = history_as_dict(surveys, different, costs)
            base.write_report(self, json.dumps(report, indent=2, ensure_ascii=False), output)
        elif options["format"] == "markdown":
            from migration_tools.reports.history.markdown import history_markdown

            base.write_report(self, history_markdown(surveys, different, costs), output)
        elif options["format"] == "github":
            from migration_tools.reports.history.annotations import history_annotations

            base.write_report(self, "\n".join(history_annotations(surveys, different)), output)
        elif options["format"] == "html":
            from migration_tools.reports.history.page import history_page

            now, title = timezone.localtime(timezone.now()), "Migrations"
            page = history_page(surveys, different, costs, now=now, title=title)
            base.write_report(self, page, output)
        else:
            self.write_text(surveys, different, costs, choice, options)

    def graph(self, surveys: tuple[Survey, ...], kind: str) -> str:
        from migration_tools.reports.history import graph

        if len(surveys) > 1:
            raise CommandError("--graph draws one database; name it with --database.")
        return {"mermaid": graph.mermaid, "dot": graph.dot, "svg": graph.svg_file}[kind](
            graph.layout(surveys[0])
        )

    def write_text(
        self,
        surveys: tuple[Survey, ...],
        different: tuple[Problem, ...],
        costs: tuple[Told, ...],
        choice: Choice,
        options: dict[str, Any],
    ) -> None:
        from migration_tools.reports.history.text import (
            history_lines,
            matrix_lines,
            problem_lines,
        )

        width = shutil.get_terminal_size().columns if self.stdout.isatty() else 100
        everything = bool(choice.apps or choice.is_filter or options["verbosity"] > 1)
        lines: list[Line] = []
        if len(surveys) > 1:
            lines += problem_lines(different, width)
            lines += matrix_lines(surveys, different)
        for of_survey, told in zip(surveys, costs or ({},) * len(surveys), strict=True):
            lines += [Line(text="")] if lines else []
            lines += history_lines(of_survey, everything=everything, width=width, costs=told)
        if options["output"]:
            base.write_report(self, "\n".join(line.text for line in lines), options["output"])
        else:
            base.write_lines(self, lines)
