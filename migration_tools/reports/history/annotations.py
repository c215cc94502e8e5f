"""The problems of a history as annotations beside the files they are in."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.history.statuses import Kind, Problem, Survey
from migration_tools.reports.annotations import annotation

MILD = frozenset({Kind.EDITED, Kind.DIFFERENT})


def history_annotations(
    surveys: tuple[Survey, ...], differences: tuple[Problem, ...]
) -> Iterator[str]:
    for problem in (*(p for survey in surveys for p in survey.problems), *differences):
        remedy = f"\n{problem.remedy}" if problem.remedy else ""
        yield annotation(
            "warning" if problem.kind in MILD else "error",
            f"{problem.message}{remedy}",
            file=problem.file,
            title=f"Migrations: {problem.kind.value}",
        )
