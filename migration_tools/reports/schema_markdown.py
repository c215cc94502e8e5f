"""Differences of schemas as Markdown for a pull request: a verdict, diffs in fences, statements."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.reports.markdown import cut, escaped, fenced, folded
from migration_tools.reports.schema import (
    Quote,
    by_table,
    diffs,
    drift_verdict,
    ignored_sentence,
    mending,
    sentence,
    step_sql,
    steps_of,
    verdict,
)
from migration_tools.schema.between import Between
from migration_tools.schema.drift import Drift

#: By which a program that updates its own comment finds it again.
MARKER = "<!-- migration_tools: migration_diff -->"


def between_markdown(told: Between, quote: Quote) -> str:
    return cut("\n\n".join([MARKER, *_between(told, quote)]))


def _between(told: Between, quote: Quote) -> Iterator[str]:
    yield f"**{escaped(verdict(told, quote))}**"
    if told.note:
        yield f"> {escaped(told.note)}"
    for app, lines in diffs(told, quote).items():
        yield folded(escaped(app), fenced("\n".join(lines), "diff"))
    for step in steps_of(told):
        direction = " (unapply)" if step.step.is_backwards else ""
        yield folded(f"{escaped(step.step.label)}{direction}", fenced(step_sql(step), "sql"))
        if step.error:
            yield f"**It stops here:** {escaped(step.error)}"


def drift_markdown(drift: Drift, quote: Quote) -> str:
    return cut("\n\n".join([MARKER, *_drift(drift, quote)]))


def _drift(drift: Drift, quote: Quote) -> Iterator[str]:
    yield f"**{escaped(drift_verdict(drift))}**"
    for note in drift.notes:
        yield f"> {escaped(note)}"
    if drift.drifted:
        yield "| table | difference | likely cause |\n|---|---|---|\n" + "\n".join(
            f"| {escaped(drifted.difference.table)} | {escaped(sentence(drifted, quote))} "
            f"| {escaped(drifted.cause)} |"
            for drifted in drift.drifted
        )
    for table, found in by_table(drift):
        if sql := "\n".join(text for d in found if (text := mending(d))):
            yield folded(f"SQL that would mend {escaped(table)}; read it", fenced(sql, "sql"))
    if drift.others:
        told = "\n".join(f"- {escaped(e.kind)} {escaped(e.name)}" for e in drift.others)
        yield folded("Not Django's, and no difference", told)
    if drift.ignored:
        yield ignored_sentence(drift)
