"""After a run that stopped: what it left, what only has to be recorded, and where to go on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.migrations.recorder import MigrationRecorder
from django.utils.timezone import now

from migration_tools.archives.catalogue import UNFINISHED, Archive, Catalogue, State, Strategy
from migration_tools.backends import for_connection
from migration_tools.exceptions import Refused
from migration_tools.execution.notes import OperationNotes, Progress, loaded
from migration_tools.journal import Journal, Outcome, RunRecord, StepRecord
from migration_tools.plan import executor_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.backends import Backend

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfDone:
    """A step of which some operations stayed, and others did not begin."""

    step: StepRecord
    notes: tuple[OperationNotes, ...]


def half_done(connection: BaseDatabaseWrapper) -> HalfDone | None:
    """The last step that stopped half-way, if nobody has finished it since."""
    applied = _applied(connection)
    for step in _stopped(Journal(connection)):
        notes = tuple(loaded(step.operations))
        is_open = not _is_recorded(step, applied) and not _is_complete(step, notes)
        if is_open and any(each.stays for each in notes):
            return HalfDone(step=step, notes=notes)
    return None


def unrecorded(connection: BaseDatabaseWrapper) -> tuple[StepRecord, ...]:
    """Steps that are done as far as the tables go, and that Django was not told of."""
    applied = _applied(connection)
    return tuple(
        step
        for step in _stopped(Journal(connection))
        if _is_complete(step, loaded(step.operations)) and not _is_recorded(step, applied)
    )


def unsettled(connection: BaseDatabaseWrapper) -> tuple[Archive, ...]:
    """What an operation was at when it stopped: the next run takes that back before it begins."""
    if connection.features.can_rollback_ddl:
        return ()
    stopped = [
        [step.run, step.position, number]
        for step in Journal(connection).unfinished_steps()
        for number, notes in enumerate(loaded(step.operations))
        if notes.progress in (Progress.RUNNING, Progress.FAILED)
    ]
    return tuple(
        archive
        for archive in Catalogue(connection).find()
        if archive.state in UNFINISHED
        or (archive.strategy is Strategy.PARK and _was_at_work(archive, stopped))
    )


def _was_at_work(archive: Archive, stopped: Sequence[object]) -> bool:
    """Of copies none was: they stay, and the operation goes on with them."""
    by = {State.KEPT: "taken_by", State.RETURNED: "returned_by"}.get(archive.state)
    return by is not None and archive.details.get(by) in stopped


def finished(steps: Iterable[StepRecord]) -> frozenset[int]:
    """Those that are done, whether or not anybody lived to write it down."""
    return frozenset(
        step.id
        for step in steps
        if step.outcome is Outcome.DONE or _is_complete(step, loaded(step.operations))
    )


def record(connection: BaseDatabaseWrapper) -> tuple[StepRecord, ...]:
    """Tell Django of the steps that were done; those that it had to be told of."""
    journal, missing = Journal(connection), unrecorded(connection)
    for step in missing:
        _record(connection, step)
    applied = _applied(connection)
    for step in _stopped(journal):
        if _is_complete(step, loaded(step.operations)) or (
            step.operations and _is_recorded(step, applied)
        ):
            journal.change_step(step.run, step.position, outcome=Outcome.DONE, ended=now())
    return missing


def _stopped(journal: Journal) -> Sequence[StepRecord]:
    """The newest first, one for each migration, unless it was run again since."""
    found: dict[Key, StepRecord] = {}
    for step in journal.unfinished_steps():
        found.setdefault(step.key, step)
    return [
        step
        for key, step in found.items()
        if (last := journal.last_step(*key)) is None or last.run < step.run
    ]


def _applied(connection: BaseDatabaseWrapper) -> Collection[Key]:
    return MigrationRecorder(connection).applied_migrations().keys()


def _is_recorded(step: StepRecord, applied: Collection[Key]) -> bool:
    return (step.key in applied) != step.is_backwards


def _is_complete(step: StepRecord, notes: Sequence[OperationNotes]) -> bool:
    if step.outcome is Outcome.WRITTEN:
        return True
    if not notes or any(each.progress is not Progress.DONE for each in notes[:-1]):
        return False
    left = notes[-2].deferred if len(notes) > 1 else []
    return notes[-1].finished >= len(left)


def _record(connection: BaseDatabaseWrapper, step: StepRecord) -> None:
    recorder = MigrationRecorder(connection)
    migration = executor_of(connection).loader.disk_migrations.get(step.key)
    for app, name in [step.key, *(migration.replaces if migration else ())]:
        if step.is_backwards:
            recorder.record_unapplied(app, name)
        else:
            recorder.record_applied(app, name)


# --- going on ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """``half``: the step to be finished first, with the notes set to where it stands; then
    ``keys``, the steps of its run that are left."""

    run: RunRecord
    half: HalfDone | None
    keys: tuple[Key, ...]


def plan_resumption(connection: BaseDatabaseWrapper) -> Resumption:
    """Raises Refused where nothing has stopped, or where it cannot be said how far it got."""
    journal = Journal(connection)
    half = half_done(connection)
    run = journal.run(half.step.run) if half else next(iter(journal.runs(limit=1)), None)
    if run is None or (half is None and run.outcome is Outcome.DONE):
        raise Refused("No run of the journal has stopped on its way: there is nothing to resume.")
    if half is not None:
        half = HalfDone(step=half.step, notes=_standing(half, for_connection(connection)))
    steps, applied = journal.steps(run.id), _applied(connection)
    graph = executor_of(connection, keys=[step.key for step in steps]).loader.graph
    keys = tuple(
        step.key
        for step in steps
        if not _is_recorded(step, applied) and (half is None or step.key != half.step.key)
    )
    if gone := [
        key for key in (*keys, *([half.step.key] if half else [])) if key not in graph.nodes
    ]:
        raise Refused(
            f"Run {run.id} cannot go on: there is no migration {'.'.join(gone[0])} any more."
        )
    return Resumption(run=run, half=half, keys=keys)


def _standing(half: HalfDone, backend: Backend) -> tuple[OperationNotes, ...]:
    """The notes after a look at the tables: they must be as the run left them."""
    label, notes = half.step.label, half.notes
    current = next((n for n in notes if n.progress in (Progress.RUNNING, Progress.FAILED)), None)
    if current is None:
        done = [each for each in notes if each.progress is Progress.DONE]
        statements = [each.sql for one in notes for each in one.statements]
        if done and done[-1].after != backend.definitions(*statements):
            raise _changed(label, "after its last operation")
        return notes
    if len(current.statements) > current.finished:
        _look(label, current, backend)
    if current.wrote:
        raise Refused(
            f"{label} cannot be continued: “{current.text}” had written rows before it stopped, "
            "and would write them twice.",
            hint="Finish it or take it back by hand; --status shows the statements that have run.",
        )
    return notes


def _look(label: str, current: OperationNotes, backend: Backend) -> None:
    """Whether the statement that was running when everything stopped has had its effect."""
    statement = current.statements[current.finished]
    if statement.before and statement.before == backend.definitions(statement.sql):
        return
    if current.refused or not statement.before:
        raise _changed(label, f"by “{current.text}”")
    current.finished += 1


def _changed(label: str, where: str) -> Refused:
    return Refused(
        f"{label} cannot be continued: its tables are not as they were left {where}. Somebody has "
        "changed them since.",
        hint="Finish it or take it back by hand; --status shows the statements that have run.",
    )
