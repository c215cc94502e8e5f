"""What migration_diff has found, in the format that was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.core.management.base import BaseCommand
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from migration_tools.history.files import file_of
from migration_tools.management import base
from migration_tools.reports.lines import Line
from migration_tools.reports.schema import (
    Quote,
    between_as_dict,
    between_lines,
    drift_as_dict,
    drift_lines,
)
from migration_tools.schema.between import Between
from migration_tools.schema.drift import Drift

FORMATS = ("text", "json", "markdown", "github", "html", "html-fragment")


def write(
    command: BaseCommand, told: Between | Drift, quote: Quote, form: str, output: str | None
) -> None:
    with base.readers_may_leave(form):
        if form == "text" and not output:
            base.write_lines(command, text_lines(told, quote))
        else:
            text = {
                "text": plain_text,
                "json": json_text,
                "markdown": markdown_text,
                "github": github_text,
                "html": html_text,
                "html-fragment": fragment_text,
            }[form]
            base.write_report(command, text(told, quote), output)


def text_lines(told: Between | Drift, quote: Quote) -> Iterable[Line]:
    return drift_lines(told, quote) if isinstance(told, Drift) else between_lines(told, quote)


def plain_text(told: Between | Drift, quote: Quote) -> str:
    return "\n".join(line.text for line in text_lines(told, quote))


def json_text(told: Between | Drift, quote: Quote) -> str:
    found = drift_as_dict(told) if isinstance(told, Drift) else between_as_dict(told, quote)
    return json.dumps(found, indent=2, ensure_ascii=False)


def markdown_text(told: Between | Drift, quote: Quote) -> str:
    from migration_tools.reports.schema_markdown import between_markdown, drift_markdown

    if isinstance(told, Drift):
        return drift_markdown(told, quote)
    return between_markdown(told, quote)


def github_text(told: Between | Drift, quote: Quote) -> str:
    from migration_tools.reports.schema_annotations import between_annotations, drift_annotations

    if isinstance(told, Drift):
        return "\n".join(drift_annotations(told, quote))
    disk = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    files = {key: file_of(migration) for key, migration in disk.items()}
    return "\n".join(between_annotations(told, quote, files))


def html_text(told: Between | Drift, quote: Quote, *, fragment: bool = False) -> str:
    from migration_tools.reports.schema_page import between_page, drift_page

    now = timezone.localtime(timezone.now())
    if isinstance(told, Drift):
        return drift_page(told, quote, now=now, fragment=fragment)
    return between_page(told, quote, now=now, fragment=fragment)


def fragment_text(told: Between | Drift, quote: Quote) -> str:
    return html_text(told, quote, fragment=True)
