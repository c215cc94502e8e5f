"""Where a run stopped, in words: what is done, what is not, and how to go on from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_tools.execution.notes import Progress
from migration_tools.execution.recovery import HalfDone, Resumption
from migration_tools.execution.run import RunLog
from migration_tools.journal import StepRecord
from migration_tools.reports.lines import Line, Tone

RESUME = "manage.py migrate_safe --resume"


def several(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def stopped_lines(log: RunLog, half: HalfDone | None, clean_up: Sequence[str]) -> Iterator[Line]:
    done = f"{log.done_steps} of {several(log.planned_steps, 'step')} done"
    if log.step is None:
        yield Line(text=f"Run {log.number} stopped between two steps: {done}.", tone=Tone.WARNING)
        return
    migration = log.step.migration
    label = f"{migration.app_label}.{migration.name}"
    if log.is_step_written:
        yield Line(
            text=f"Run {log.number} stopped when {label} was done and not recorded yet. The next "
            f"migrate_safe records it; {done}.",
            tone=Tone.WARNING,
        )
        return
    at = f" at “{log.step.current}”" if log.step.current else ""
    if half is None or half.step.label != label:
        yield Line(
            text=f"Run {log.number} stopped in {label}{at}. Nothing of this step stayed; {done}.",
            tone=Tone.WARNING,
        )
        return
    yield Line(
        text=f"Run {log.number} stopped in {label}{at}, half-way; {done}.", tone=Tone.BLOCKER
    )
    yield from half_done_lines(half, clean_up)


def half_done_lines(half: HalfDone, clean_up: Sequence[str]) -> Iterator[Line]:
    for notes in half.notes:
        if not notes.closing or notes.progress is not Progress.PLANNED:
            yield Line(text=f"    {notes.progress:<11}  {notes.text}")
        if notes.progress is not Progress.DONE:
            for number, statement in enumerate(notes.statements):
                ran = "has run" if number < notes.finished else "was running"
                ran = "failed" if number >= notes.finished and notes.refused else ran
                yield Line(text=f"      {ran}:  {statement.sql}")
    yield Line(text=f"  To go on, once the cause is mended:  {RESUME}")
    if clean_up:
        yield Line(text="  Or to take by hand back what is there:")
        yield from (Line(text=f"    {line}") for line in clean_up)


def half_done_warning(half: HalfDone) -> str:
    return (
        f"{half.step.label} stopped half-way in run {half.step.run}. Where:  "
        f"manage.py migrate_safe --status   To go on:  {RESUME}"
    )


def recorded_warning(step: StepRecord) -> str:
    done = "taken back" if step.is_backwards else "applied"
    return (
        f"{step.label} was {done} by run {step.run}, which died before it was recorded. It is now."
    )


def resumption_heading(resumption: Resumption) -> Iterator[Line]:
    yield Line(text="Operations to perform:", tone=Tone.HEADING)
    run, half = resumption.run, resumption.half
    if half is not None:
        yield Line(text=f"  Finish {half.step.label} of run {run.id}")
    if resumption.keys:
        names = ", ".join(f"{app}.{name}" for app, name in resumption.keys)
        yield Line(text=f"  Go on with run {run.id}: {names}")
