"""What migration_plan has found, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import for_connection
from migration_tools.backends.base import Backend
from migration_tools.management import base
from migration_tools.reports.lines import Line

if TYPE_CHECKING:
    from migration_tools.backends.blocking import Blocking
    from migration_tools.execution.coming import Coming
    from migration_tools.reports.wording import Quote
    from migration_tools.schema.statements import PlanSQL


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``sql`` and ``blocking``: None where they were not asked for; ``coming``: from archives, None
    where they were not looked at."""

    assessment: Assessment
    sql: PlanSQL | None = None
    blocking: Blocking | None = None
    coming: Coming | None = None


FORMATS = ("text", "json", "markdown", "github", "html", "sql")


def write(
    command: BaseCommand, reports: Sequence[Report], form: str, *, several: bool, output: str | None
) -> None:
    """``several``: a list was asked for, if only of one."""
    if form == "text":
        write_lines(command, text_lines(reports, columns=base.columns_of(command)), output)
    elif form == "sql":
        write_lines(command, script_lines(reports[0]), output)
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


def text_lines(reports: Sequence[Report], *, columns: int | None) -> Iterator[Line]:
    from migration_tools.reports.text import plan_lines

    for number, report in enumerate(reports):
        assessment, sql = report.assessment, report.sql
        if number:
            yield Line(text="")
        backend = _backend(assessment)
        yield from plan_lines(assessment, backend.quote, everything=True, columns=columns)
        if not assessment.steps:
            continue
        yield Line(text=f"  Fingerprint: {assessment.fingerprint}")
        for beside in (returning_lines(report), waiting_lines(report)):
            yield from (Line(text=f"  {each.text}".rstrip(), tone=each.tone) for each in beside)
        if sql is not None:
            from migration_tools.reports.sql import preamble, statement_lines

            yield Line(text="")
            yield from (Line(text=f"  {line}") for line in preamble(sql))
            yield from statement_lines(assessment, sql, backend)


def returning_lines(report: Report) -> Iterator[Line]:
    """What `migrate_safe` would bring back, if anything."""
    coming = report.coming
    if coming is None or not (coming.returns or coming.refusal):
        return
    # With it comes all that knows how to compare archives.
    from migration_tools.reports.returning import coming_lines

    yield Line(text="")
    yield from coming_lines(coming, _quote(report))


def waiting_lines(report: Report) -> Iterator[Line]:
    """Who is in the way now, if that was asked for."""
    if report.blocking is None:
        return
    from migration_tools.reports.blocking import blocking_lines

    yield Line(text="")
    yield from blocking_lines(report.blocking, _quote(report))


def script_lines(report: Report) -> Iterable[Line]:
    from migration_tools.reports.sql import script

    if report.sql is None:
        return ()
    return script(report.assessment, report.sql, _backend(report.assessment))


def json_text(reports: Sequence[Report], *, several: bool) -> str:
    told = list(map(_as_dict, reports))
    return json.dumps(told if several else told[0], indent=2, ensure_ascii=False)


def _as_dict(report: Report) -> dict[str, Any]:
    from migration_tools.reports.serializing import assessment_as_dict, coming_as_dict

    assessment = report.assessment
    told = assessment_as_dict(assessment, _backend(assessment).quote, report.sql)
    if report.coming is not None:
        told |= coming_as_dict(report.coming)
    if report.blocking is not None:
        from migration_tools.reports.blocking import blocking_as_dict

        told["blocking"] = blocking_as_dict(report.blocking)
    return told


def markdown_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_markdown import plans_markdown

    return plans_markdown(
        [
            (
                report.assessment,
                _backend(report.assessment).quote,
                "\n".join(line.text for line in script_lines(report)),
                {
                    "Back from archives": _text(returning_lines(report)),
                    "In the way now": _text(waiting_lines(report)),
                },
            )
            for report in reports
        ]
    )


def github_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_annotations import blocking_annotations, plan_annotations

    return "\n".join(
        line
        for report in reports
        for line in [
            *plan_annotations(report.assessment, _backend(report.assessment).quote),
            *blocking_annotations(report.blocking),
        ]
    )


def html_text(reports: Sequence[Report], *, several: bool) -> str:
    from migration_tools.reports.plan_page import Told, plans_page

    told = [
        Told(
            assessment=report.assessment,
            backend=_backend(report.assessment),
            sql=report.sql,
            beside=tuple(
                line
                for lines in (returning_lines(report), waiting_lines(report))
                for line in lines
                if line.text
            ),
        )
        for report in reports
    ]
    return plans_page(told, now=timezone.localtime(timezone.now()), title="Migration plan")


def _text(lines: Iterable[Line]) -> str:
    return "\n".join(line.text for line in lines).strip()


def _quote(report: Report) -> Quote:
    return _backend(report.assessment).quote


def _backend(assessment: Assessment) -> Backend:
    return for_connection(connections[assessment.database.alias])
