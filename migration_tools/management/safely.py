"""One call of `migrate_safe`: its options into a run behind lock and gate, and what comes of it."""

from __future__ import annotations

import contextlib
import random
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import django.db
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations import loader

from migration_tools.backends import for_connection
from migration_tools.execution import recovery
from migration_tools.execution.archiving import Wishes
from migration_tools.execution.gate import Gate
from migration_tools.execution.interrupting import Interrupts
from migration_tools.execution.locking import DatabaseBusy, HeldLock, holder_of, one_run
from migration_tools.execution.plans import run_steps
from migration_tools.execution.run import Occasion
from migration_tools.execution.undoing import plan_undo
from migration_tools.journal import Journal
from migration_tools.management.options import LAST, Options
from migration_tools.management.talking import Talk
from migration_tools.plan import Target, reason_of
from migration_tools.reports.runs import busy_text, status_lines, undo_heading
from migration_tools.reports.stopped import resumption_heading

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: How many runs --status shows.
RUNS_SHOWN = 10
#: Of the wrapped command's options: with one of these it only reads.
READING = ("plan", "check_unapplied", "prune")
#: The first pause before a step is tried again, and the longest.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0


class SafeRun:
    """``typed``: the command line, if there was one. ``options``: those of the wrapped command."""

    def __init__(
        self,
        command: BaseCommand,
        connection: BaseDatabaseWrapper,
        own: Options,
        options: dict[str, Any],
        *,
        typed: str | None,
    ) -> None:
        self._command = command
        self._connection = connection
        self._own = own
        self._options = options
        self._typed = typed
        self._lock: HeldLock | None = None
        self._talk = Talk(command, connection, own, options, typed=typed)
        self._interrupts = Interrupts(self._running_step, self._talk.finishes)
        self._target = Target(app=options.get("app_label"), migration=options.get("migration_name"))
        self.gate = self._make_gate()

    def _make_gate(self, *, fake: bool | None = None, **occasion: Any) -> Gate:
        return Gate(
            self._connection,
            lambda assessment: self._talk.decide(assessment, self.gate.finished),
            target=self._target,
            count_timeout=self._own.count_timeout,
            fake=bool(self._options.get("fake")) if fake is None else fake,
            fake_initial=bool(self._options.get("fake_initial")),
            occasion=Occasion(
                target=self._target, command=self._typed or "call_command", **occasion
            ),
            wishes=Wishes(
                strategy=self._own.archive,
                archives=not self._own.no_archive,
                restores=not self._own.no_restore,
                fills=self._own.fill,
            ),
            offer=lambda assessment, returns: self._talk.offer(
                assessment, returns, self.gate.finished
            ),
        )

    # --- which run --------------------------------------------------------------------------

    def run(self, migrate: Callable[[], Any]) -> Any:
        if self._own.status:
            return self._show_status()
        if any(self._options.get(name) for name in READING) or self.gate.is_within_another:
            return self._gated(migrate)
        try:
            with one_run(
                self._connection,
                wait=self._own.wait,
                tell=self._talk.waits,
                warn=self._talk.warn,
            ) as self._lock:
                return self._locked(migrate)
        except DatabaseBusy as busy:
            raise CommandError(busy_text(busy, self._typed or "manage.py migrate_safe")) from busy
        except KeyboardInterrupt as interrupt:
            if self._typed is None:  # a program that has called may want to know
                raise
            log = self.gate.log
            stopped = f"run {log.number} has stopped" if log else "nothing was changed"
            raise CommandError(f"Interrupted; {stopped}.") from interrupt

    def _locked(self, migrate: Callable[[], Any]) -> Any:
        if self.gate.archivist is not None:
            self.gate.archivist.settle()
        for step in recovery.record(self._connection):
            self._talk.recorded(step)
        task: Callable[[], Any] = lambda: self._gated(migrate)  # noqa: E731
        if self._own.undo is not None:
            task = self._undo
        elif self._own.resume:
            task = self._resume
        elif half := recovery.half_done(self._connection):
            self._talk.is_half_done(half)
        with contextlib.ExitStack() as limits:
            if self._own.lock_timeout is not None:
                backend = for_connection(self._connection)
                limits.enter_context(backend.lock_limit(self._own.lock_timeout))
            return self._retried(task)

    def _retried(self, task: Callable[[], Any]) -> Any:
        pause = FIRST_PAUSE
        for attempt in range(1, self._own.retries + 1):
            try:
                return task()
            except django.db.Error as error:
                if not self._can_be_retried(error):
                    raise
                wait = min(pause, LONGEST_PAUSE) * random.uniform(0.5, 1)
                self._talk.retries(attempt, wait)
                time.sleep(wait)
                pause *= 2
                self.gate = self._make_gate()
        return task()

    def _can_be_retried(self, error: django.db.Error) -> bool:
        """Only where the lock was all that was missing, and nothing of the step has stayed."""
        if not for_connection(self._connection).gave_up_waiting(error):
            return False
        step = self._running_step()
        if step is None or step.is_whole:
            return True
        return not any(notes.has_changed for notes in step.notes)

    # --- each of them -----------------------------------------------------------------------

    def _gated(self, run: Callable[[], Any]) -> Any:
        try:
            with self._interrupts.heeded(), self.gate.closed():
                answer = run()
        except BaseException:
            if self.gate.log is not None:
                self._talk.stopped(self.gate.log)
            raise
        if self.gate.archivist is not None:
            self._talk.done(self.gate.archivist)
        return answer

    def _undo(self) -> None:
        number = None if self._own.undo == LAST else self._own.undo
        undo = plan_undo(number, self._connection)
        self.gate = self._make_gate(fake=undo.fake, undo_of=undo.run.id)
        self._talk.say(undo_heading(undo))
        self._run_steps(undo.keys, backwards=undo.backwards, fake=undo.fake)

    def _resume(self) -> None:
        resumption = recovery.plan_resumption(self._connection)
        self._talk.say(resumption_heading(resumption))
        backwards = resumption.run.is_backwards
        if half := resumption.half:
            self.gate = self._make_gate(earlier=half.notes, undo_of=resumption.run.undo_of)
            self._run_steps([half.step.key], backwards=backwards)
        if resumption.keys:
            self.gate = self._make_gate(undo_of=resumption.run.undo_of)
            self._run_steps(resumption.keys, backwards=backwards)

    def _run_steps(self, keys: Any, *, backwards: bool, fake: bool = False) -> None:
        # What `migrate` would have put on the command for its own callback.
        self._command.verbosity = self._options.get("verbosity", 1)  # type: ignore[attr-defined]
        self._gated(
            lambda: run_steps(
                self._connection,
                keys,
                backwards=backwards,
                fake=fake,
                follow=self._command.migration_progress_callback,  # type: ignore[attr-defined]
                announced=self._talk.runs,
                verbosity=self._options.get("verbosity", 1),
                interactive=bool(self._options.get("interactive")),
                stdout=self._command.stdout,
            )
        )

    def _show_status(self) -> None:
        journal = Journal(self._connection)
        runs = [(run, journal.steps(run.id)) for run in journal.runs(limit=RUNS_SHOWN)]
        holder = holder_of(self._connection)
        half = None if holder else recovery.half_done(self._connection)
        missing = () if holder else recovery.unrecorded(self._connection)
        done = recovery.finished(step for _, steps in runs for step in steps)
        begun = () if holder else recovery.unsettled(self._connection)
        self._talk.say(status_lines(runs, holder, done, missing, begun), always=True)
        if half is not None:
            self._talk.half_done(half)

    def follow(self, action: str, migration: Any, fake: bool) -> None:
        if action in ("apply_start", "unapply_start"):
            self._interrupts.before_step()
            if self._lock is not None:
                self._lock.require()
        self.gate.follow(action, migration, fake)

    def _running_step(self) -> Any:
        return self.gate.log.step if self.gate.log is not None else None


def before_any_plan(error: Exception) -> str:
    frames = traceback.walk_tb(error.__traceback__)
    if any(frame.f_globals.get("__name__") == loader.__name__ for frame, _ in frames):
        return reason_of(error)
    return (
        f"`migrate` stopped before it had a plan. {type(error).__name__}: {error}\n"
        "  With --traceback it shows where."
    )
