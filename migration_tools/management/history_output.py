"""What migration_report has found, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from migration_tools.backends import for_connection
from migration_tools.history.statuses import Problem, Survey
from migration_tools.management import base
from migration_tools.management.painting import write_painted
from migration_tools.reports.history.choosing import Choice
from migration_tools.reports.history.losses import Told
from migration_tools.reports.lines import Line

if TYPE_CHECKING:
    from migration_tools.reports.history.page import Beside
    from migration_tools.reports.history.scripts import Scripts

FORMATS = ("text", "json", "markdown", "github", "html")
GRAPHS = ("mermaid", "dot", "svg")
#: Those that have room for the statements of every migration.
WITH_SQL = ("html", "json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``costs`` and ``scripts``: of each survey, or nothing if none were asked for."""

    surveys: tuple[Survey, ...]
    differences: tuple[Problem, ...]
    costs: tuple[Told, ...] = ()
    scripts: tuple[Scripts, ...] = ()


def write(command: BaseCommand, report: Report, choice: Choice, options: dict[str, Any]) -> None:
    """Each format is imported when it is asked for: the start of the process is most of it."""
    surveys, different, costs = report.surveys, report.differences, report.costs
    form, output = options["format"], options["output"]
    if options["graph"]:
        base.write_report(command, graph(surveys, options["graph"]), output)
    elif form == "json":
        from migration_tools.reports.history.serializing import history_as_dict

        told = history_as_dict(surveys, different, costs, report.scripts)
        base.write_report(command, json.dumps(told, indent=2, ensure_ascii=False), output)
    elif form == "markdown":
        from migration_tools.reports.history.markdown import history_markdown

        base.write_report(command, history_markdown(surveys, different, costs), output)
    elif form == "github":
        from migration_tools.reports.history.annotations import history_annotations

        base.write_report(command, "\n".join(history_annotations(surveys, different)), output)
    elif form == "html":
        base.write_report(command, page(report, choice), output)
    else:
        write_text(command, report, choice, options)


def graph(surveys: Sequence[Survey], kind: str) -> str:
    from migration_tools.reports.history import graph

    if len(surveys) > 1:
        raise CommandError("--graph draws one database; name it with --database.")
    return {"mermaid": graph.mermaid, "dot": graph.dot, "svg": graph.svg_file}[kind](
        graph.layout(surveys[0])
    )


def page(report: Report, choice: Choice) -> str:
    from migration_tools.reports.history.page import history_page

    return history_page(
        report.surveys,
        report.differences,
        report.costs,
        [_beside(report, number, choice) for number in range(len(report.surveys))],
        now=timezone.localtime(timezone.now()),
        title="Migrations",
    )


def _beside(report: Report, number: int, choice: Choice) -> Beside:
    from migration_tools.history.past import Past, past_of
    from migration_tools.reports.history.page import Beside

    survey = report.surveys[number]
    connection = base.connection_of(survey.alias)
    absent = for_connection(connection).is_absent()
    past = past_of(connection) if survey.is_reachable and not absent else Past()
    if choice.apps:
        past = past.of(choice.apps)
    scripts = report.scripts[number] if report.scripts else None
    return Beside(past=past, quote=connection.ops.quote_name, scripts=scripts)


def write_text(
    command: BaseCommand, report: Report, choice: Choice, options: dict[str, Any]
) -> None:
    from migration_tools.reports.history.text import (
        history_lines,
        matrix_lines,
        problem_lines,
    )

    surveys, different, costs = report.surveys, report.differences, report.costs
    width = base.columns_of(command) or 100
    everything = bool(choice.apps or choice.is_filter or options["verbosity"] > 1)
    lines: list[Line] = []
    if len(surveys) > 1:
        lines += problem_lines(different, width)
        lines += matrix_lines(surveys, different)
    for of_survey, told in zip(surveys, costs or ({},) * len(surveys), strict=True):
        lines += [Line(text="")] if lines else []
        lines += history_lines(of_survey, everything=everything, width=width, costs=told)
    if options["output"]:
        base.write_report(command, "\n".join(line.text for line in lines), options["output"])
    elif not write_painted(command, lines):
        base.write_lines(command, lines)
