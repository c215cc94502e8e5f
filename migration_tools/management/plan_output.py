"""What migration_plan has found, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import for_connection
from migration_tools.backends.base import Backend
from migration_tools.management import base
from migration_tools.reports.lines import Line
from migration_tools.schema.statements import PlanSQL

Report = tuple[Assessment, PlanSQL | None]

FORMATS = ("text", "json", "markdown", "github", "html", "sql")


def write(
    command: BaseCommand, reports: Sequence[Report], form: str, *, several: bool, output: str | None
) -> None:
    """``several``: a list was asked for, if only of one."""
    if form == "text":
        write_lines(command, text_lines(reports), output)
    elif form == "sql":
        write_lines(command, script_lines(*reports[0]), output)
    else:
        text = {
            "json": json_text,
            "markdown": markdown_text,
            "github": github_text,
            "html": html_text,
        }[form]
        base.write_report(command, text(reports, several=several), output)


def write_lines(command: BaseCommand, lines: Iterable[Line], output: str | None) -> None:
    if output:
        base.write_report(command, "\n".join(line.text for line in lines), output)
    else:
        base.write_lines(command, lines)


def text_lines(reports: Sequence[Report]) -> Iterator[Line]:
    from migration_tools.reports.sql import preamble, statement_lines
    from migration_tools.reports.text import plan_lines

    for number, (assessment, sql) in enumerate(reports):
        if number:
            yield Line(text="")
        backend = _backend(assessment)
        yield from plan_lines(assessment, backend.quote, everything=True)
        if not assessment.steps:
            continue
        yield Line(text=f"  Fingerprint: {assessment.fingerprint}")
        if sql is not None:
            yield Line(text="")
            yield from (Line(text=f"  {line}") for line in preamble(sql))
            yield from statement_lines(assessment, sql, backend)


def script_lines(assessment: Assessment, sql: PlanSQL | None) -> Iterable[Line]:
    from migration_tools.reports.sql import script

    return () if sql is None else script(assessment, sql, _backend(assessment))


def json_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.serializing import assessment_as_dict

    told = [assessment_as_dict(a, _backend(a).quote, sql) for a, sql in reports]
    return json.dumps(told if several else told[0], indent=2, ensure_ascii=False)


def markdown_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_markdown import plans_markdown

    return plans_markdown(
        [
            (
                assessment,
                _backend(assessment).quote,
                "\n".join(line.text for line in script_lines(assessment, sql)),
            )
            for assessment, sql in reports
        ]
    )


def github_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_annotations import plan_annotations

    return "\n".join(
        line
        for assessment, _ in reports
        for line in plan_annotations(assessment, _backend(assessment).quote)
    )


def html_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_page import Told, plans_page

    told = [Told(assessment=a, backend=_backend(a), sql=sql) for a, sql in reports]
    return plans_page(told, now=timezone.localtime(timezone.now()), title="Migration plan")


def _backend(assessment: Assessment) -> Backend:
    return for_connection(connections[assessment.database.alias])
