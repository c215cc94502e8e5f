"""Runs of the journal in words: who is at work, what ran, where it stopped."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.utils.timezone import is_aware, localtime

from migration_tools.archives.catalogue import Archive
from migration_tools.execution.locking import DatabaseBusy, Holder
from migration_tools.execution.undoing import Undo
from migration_tools.journal import Outcome, RunRecord, StepRecord
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.refusals import UNCHANGED
from migration_tools.reports.stopped import several


def moment(when: datetime) -> str:
    return f"{localtime(when) if is_aware(when) else when:%Y-%m-%d %H:%M:%S}"


def holder_text(holder: Holder) -> str:
    if holder.run is None:
        return f"{holder.session}, which has not begun its first step"
    run = holder.run
    told = f"run {run.id} ({run.user} on {run.host}, process {run.pid}) since {moment(run.started)}"
    if holder.step is None:
        return f"{told}, before its first step"
    return f"{told}, at {holder.step.label}, step {holder.step.position} of {holder.steps}"


def busy_text(busy: DatabaseBusy, typed: str) -> str:
    waited = f" after {busy.waited:.0f} seconds" if busy.waited >= 1 else ""
    return (
        f"Another run is at work on this database{waited}: {holder_text(busy.holder)}. "
        f"{UNCHANGED}\n  Wait for it:  {typed} --wait 60"
    )


def undo_heading(undo: Undo) -> Iterator[Line]:
    act = "unapply" if undo.backwards else "apply"
    names = ", ".join(f"{app}.{name}" for app, name in undo.keys)
    yield Line(text="Operations to perform:", tone=Tone.HEADING)
    yield Line(text=f"  Take back run {undo.run.id}: {act} {names}")


# --- --status ---------------------------------------------------------------------------------


def status_lines(
    runs: Sequence[tuple[RunRecord, Sequence[StepRecord]]],
    holder: Holder | None,
    done: Collection[int],
    unrecorded: Sequence[StepRecord] = (),
    unsettled: Sequence[Archive] = (),
) -> Iterator[Line]:
    """``holder``: whoever has the lock now; a run that says it is running without it has died.
    ``done``: the steps that are, by their ids."""
    for step in unrecorded:
        act = "taken back" if step.is_backwards else "applied"
        yield Line(
            text=f"{step.label} was {act} by run {step.run}, which died before it was recorded. "
            "The next migrate_safe records it.",
            tone=Tone.WARNING,
        )
    for archive in unsettled:
        what = f"{archive.table}.{archive.column}" if archive.column else archive.table
        yield Line(
            text=f"Archive {archive.number} of {what} was at work when its run stopped in "
            f"{archive.step}. The next migrate_safe takes that back before it begins.",
            tone=Tone.WARNING,
        )
    if holder is not None:
        yield Line(text=f"At work: {holder_text(holder)}.", tone=Tone.WARNING)
    elif not runs:
        yield Line(text="No run of migrate_safe is in the journal of this database.")
    for run, steps in runs:
        running = holder is not None and holder.run is not None and holder.run.id == run.id
        yield from _run_lines(run, steps, done, running=running)


def _run_lines(
    run: RunRecord, steps: Sequence[StepRecord], done: Collection[int], *, running: bool
) -> Iterator[Line]:
    died = run.outcome is Outcome.RUNNING and not running
    outcome = Outcome.INTERRUPTED if died else run.outcome
    many = sum(step.id in done for step in steps)
    undo = f", takes back run {run.undo_of}" if run.undo_of else ""
    yield Line(
        text=f"Run {run.id}  {moment(run.started)}  {outcome}  {run.direction}{undo}  "
        f"{many} of {several(len(steps), 'step')}  ({run.user} on {run.host})",
        tone=Tone.STEP if outcome is Outcome.DONE else Tone.WARNING,
    )
    if run.error:
        yield Line(text=f"  {' '.join(run.error.split())}")
    if outcome is Outcome.DONE:
        return
    for step in steps:
        yield Line(text=f"  {step.label}: {_step_outcome(step, done, died=died)}")


def _step_outcome(step: StepRecord, done: Collection[int], *, died: bool) -> str:
    if step.id in done:
        return "done"
    if step.outcome is Outcome.PLANNED:
        return "not started"
    if step.outcome is Outcome.RUNNING and died:
        return "interrupted"
    return str(step.outcome)
