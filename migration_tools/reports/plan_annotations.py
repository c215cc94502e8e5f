"""An assessment as annotations beside the migrations that are concerned."""

from __future__ import annotations

from collections.abc import Iterator

from migration_tools.analysis.hazards import Severity
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.backends.blocking import Blocking
from migration_tools.history.files import file_of
from migration_tools.reports.annotations import annotation
from migration_tools.reports.blocking import who
from migration_tools.reports.text import told_line
from migration_tools.reports.wording import Quote

LEVELS = {Severity.BLOCKER: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def plan_annotations(assessment: Assessment, quote: Quote) -> Iterator[str]:
    files = {(m.app_label, m.name): file_of(m) for m in assessment.plan.migrations}
    for items in assessment.by_place().values():
        for item in items:
            step = item.step
            direction = " (unapply)" if step.is_backwards else ""
            yield annotation(
                _level(item),
                f"{step.label}{direction}: {told_line(item, quote).text}",
                file=files.get((step.app, step.name), ""),
                title=_title(item),
            )


def blocking_annotations(told: Blocking | None) -> Iterator[str]:
    for blocker in told.found if told else ():
        yield annotation("warning", who(blocker), title="In the way now")


def _level(item: Loss | Finding) -> str:
    if isinstance(item, Loss):
        return "notice" if item.kind is LossKind.FILLS else "error"
    return LEVELS[item.severity]


def _title(item: Loss | Finding) -> str:
    if isinstance(item, Loss):
        return "NULLs filled" if item.kind is LossKind.FILLS else "Data loss"
    return f"{item.hazard.code} {item.hazard.name}"
