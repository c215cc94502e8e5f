"""The problems of a history as annotations beside the files they are in."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.history.statuses import Kind, Mark, Problem, Survey
from migration_tools.reports.annotations import annotation

MILD = frozenset({Kind.EDITED, Kind.DIFFERENT})


def history_annotations(
    surveys: tuple[Survey, ...], differences: tuple[Problem, ...]
) -> Iterator[str]:
    """Each once, also where several databases have it. What was faked is only noted."""
    return iter(dict.fromkeys(_annotations(surveys, differences)))


def _annotations(surveys: tuple[Survey, ...], differences: tuple[Problem, ...]) -> Iterator[str]:
    for problem in (*(p for survey in surveys for p in survey.problems), *differences):
        remedy = f"\n{problem.remedy}" if problem.remedy else ""
        yield annotation(
            "warning" if problem.kind in MILD else "error",
            f"{problem.message}{remedy}",
            file=problem.file,
            title=f"Migrations: {problem.kind.value}",
        )
    for migration in (m for survey in surveys for m in survey.migrations()):
        if Mark.FAKED in migration.marks:
            yield annotation(
                "notice",
                f"{migration.label} is recorded as applied, and was not run.",
                file=migration.file,
                title=f"Migrations: {Mark.FAKED.value}",
            )
