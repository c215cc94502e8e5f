"""An assessment as lines for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migration_tools.analysis.hazards import NOTHING_UNDONE, Severity
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.recording import RecordedStep
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.plan import Step
from migration_tools.reports.lines import Line, Tone, folded
from migration_tools.reports.wording import (
    Quote,
    database_line,
    finding_sentence,
    loss_sentence,
    operation_phrase,
    summary,
)

Told = Mapping[tuple[Step, int], list[Loss | Finding]]

#: The widest phrase that sets the second column; longer ones push their own line only.
WIDEST = 44


def plan_lines(
    assessment: Assessment, quote: Quote, *, everything: bool, columns: int | None = None
) -> Iterator[Line]:
    """``everything``: also the operations that lose nothing; a preview leaves them out.

    ``columns``: of a terminal; on a narrow one what is told stands below its operation.
    """
    yield Line(text=heading(assessment), tone=Tone.HEADING)
    for note in assessment.plan.notes:
        yield Line(text=f"  Note: {note}", tone=Tone.WARNING)
    if not assessment.database.first_class:
        yield Line(text=f"  Note: {_stranger(assessment)}", tone=Tone.WARNING)
    yield Line(text="")
    quiet = 0
    told = assessment.by_place()
    width = min(WIDEST, _width(assessment, told))
    narrow = columns if columns is not None and columns < 2 * WIDEST else None
    for step in assessment.steps:
        if narrow:
            lines = list(_stacked(step, told, narrow, quote, everything=everything))
        else:
            lines = list(_step_lines(step, told, width, quote, everything=everything))
        if lines:
            direction = " (unapply)" if step.step.is_backwards and everything else ""
            yield Line(text=f"  {step.step.label}{direction}", tone=Tone.STEP)
            yield from lines
        elif everything:
            yield Line(text=f"  {step.step.label}", tone=Tone.STEP)
            yield Line(text="    no operations")
        else:
            quiet += 1
    if quiet and quiet < len(assessment.steps):
        yield Line(text=f"  and {quiet} more step{'s' if quiet > 1 else ''} without a loss")
    if assessment.steps:
        yield Line(text="")
        yield Line(text=f"  {summary(assessment)}.", tone=Tone.SUMMARY)
    else:
        yield Line(text="  Nothing to do.")


def notices(assessment: Assessment, quote: Quote) -> Iterator[Line]:
    """What is worth knowing of a plan that loses nothing: a line each, naming its step."""
    for items in assessment.by_place().values():
        for item in items:
            if isinstance(item, Finding) and item.hazard is NOTHING_UNDONE:
                continue  # whoever wrote it knows; `migrate` says nothing either
            line = told_line(item, quote)
            yield Line(text=f"{item.step.label}: {line.text}", tone=Tone.WARNING)


def heading(assessment: Assessment) -> str:
    target, steps = assessment.plan.target, len(assessment.steps)
    many = f"{steps} step{'' if steps == 1 else 's'}"
    where = database_line(assessment)
    if not assessment.plan.is_backwards:
        return f"Apply {many} on {where}"
    if target.app and target.migration:
        return f"Revert {target.app} to {_full_name(assessment)} in {many} on {where}"
    return f"Revert {many} on {where}"


def _full_name(assessment: Assessment) -> str:
    """The target may have been given by the beginning of its name."""
    target, prefix = assessment.plan.target, assessment.plan.target.migration or ""
    names = [m.name for m in assessment.plan.history if m.app_label == target.app]
    return next((name for name in names if name.startswith(prefix)), prefix)


def _stranger(assessment: Assessment) -> str:
    return (
        f"{assessment.database.display_name} is judged by portable rules only; what a changed "
        "column does to its values is unknown there."
    )


def _step_lines(
    step: RecordedStep, told: Told, width: int, quote: Quote, *, everything: bool
) -> Iterator[Line]:
    for operation in step.operations:
        phrase = operation_phrase(operation, backwards=step.step.is_backwards)
        items = told.get((step.step, operation.index), ())
        if not items and everything:
            yield Line(text=f"    {phrase}")
        for n, item in enumerate(items):
            left = (phrase if n == 0 else "").ljust(width)
            line = told_line(item, quote)
            yield Line(text=f"    {left}  {line.text}", tone=line.tone)


def _stacked(
    step: RecordedStep, told: Told, columns: int, quote: Quote, *, everything: bool
) -> Iterator[Line]:
    for operation in step.operations:
        items = told.get((step.step, operation.index), ())
        if items or everything:
            phrase = operation_phrase(operation, backwards=step.step.is_backwards)
            yield from (Line(text=text) for text in folded(phrase, columns, "    ", "      "))
        for item in items:
            line = told_line(item, quote)
            for text in folded(line.text, columns, "      ", "        "):
                yield Line(text=text, tone=line.tone)


def told_line(item: Loss | Finding, quote: Quote) -> Line:
    if isinstance(item, Loss):
        tone = Tone.WARNING if item.kind is LossKind.FILLS else Tone.LOSS
        return Line(text=loss_sentence(item, quote), tone=tone)
    sentence = finding_sentence(item, quote)
    if item.severity is Severity.BLOCKER:
        return Line(text=f"blocked: {sentence}", tone=Tone.BLOCKER)
    return Line(text=f"{item.severity.value}: {sentence}", tone=Tone.WARNING)


def _width(assessment: Assessment, told: Told) -> int:
    return max(
        (
            len(operation_phrase(operation, backwards=step.step.is_backwards))
            for step in assessment.steps
            for operation in step.operations
            if (step.step, operation.index) in told
        ),
        default=0,
    )
