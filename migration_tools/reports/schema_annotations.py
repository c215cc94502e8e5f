"""Differences of schemas as annotations, beside the migrations that make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_tools.reports.annotations import annotation
from migration_tools.reports.schema import Quote, diffs, mending, sentence, steps_of
from migration_tools.schema.between import Between
from migration_tools.schema.drift import Drift

Files = Mapping[tuple[str, str], str]


def between_annotations(told: Between, quote: Quote, files: Files) -> Iterator[str]:
    """``files``: of migrations, by app and name."""
    for step in steps_of(told):
        direction = " (unapply)" if step.step.is_backwards else ""
        sql = [s.sql for s in step.statements if s.operation is not None and s.sql]
        if step.error:
            level, text = "error", f"stops: {step.error}"
        elif sql:
            level, text = "notice", "sends\n" + "\n".join(f"{each};" for each in sql)
        else:
            continue
        yield annotation(
            level,
            f"{step.step.label}{direction} {text}",
            file=files.get((step.step.app, step.step.name), ""),
            title="Migrations: SQL",
        )
    for app, lines in diffs(told, quote).items():
        changes = sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in lines)
        many = f"{changes} line{'' if changes == 1 else 's'}"
        yield annotation(
            "notice",
            f"{app}: the schema differs in {many} between {told.start} and {told.end}",
            title="Migrations: schema",
        )


def drift_annotations(drift: Drift, quote: Quote) -> Iterator[str]:
    for drifted in drift.drifted:
        sql = mending(drifted)
        yield annotation(
            "error",
            f"{drifted.difference.table}: {sentence(drifted, quote)}\nlikely: {drifted.cause}"
            + (f"\n{sql}" if sql else ""),
            title=f"Migrations: drift on {drift.alias}",
        )
    for note in drift.notes:
        yield annotation("warning", note, title=f"Migrations: drift on {drift.alias}")
