"""One call of `migrate_safe`: options, lock, gate and run, and what is said meanwhile."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db.migrations import loader

from migration_tools.analysis.verdicts import Assessment
from migration_tools.execution.consent import Consent, PlanRefused, Verdict
from migration_tools.execution.gate import Gate
from migration_tools.execution.locking import DatabaseBusy, HeldLock, Holder, holder_of, one_run
from migration_tools.execution.plans import run_steps
from migration_tools.execution.run import Occasion
from migration_tools.execution.undoing import Undo, plan_undo
from migration_tools.journal import Journal
from migration_tools.management import base
from migration_tools.management.options import LAST, Options
from migration_tools.plan import Target, reason_of
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.refusals import question, refusal_text
from migration_tools.reports.runs import busy_text, holder_text, status_lines, undo_heading
from migration_tools.reports.text import notices, plan_lines

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: How many runs --status shows.
RUNS_SHOWN = 10


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
        self._target = Target(app=options.get("app_label"), migration=options.get("migration_name"))
        self.gate = self._make_gate()

    def _make_gate(self, undo: Undo | None = None) -> Gate:
        return Gate(
            self._connection,
            self._decide,
            target=self._target,
            count_timeout=self._own.count_timeout,
            fake=undo.fake if undo else bool(self._options.get("fake")),
            fake_initial=bool(self._options.get("fake_initial")),
            occasion=Occasion(
                target=self._target,
                command=self._typed or "call_command",
                undo_of=undo.run.id if undo else None,
            ),
        )

    # --- what is done -----------------------------------------------------------------------

    def run(self, migrate: Callable[[], Any]) -> Any:
        if self._own.status:
            return self._show_status()
        reads = ("plan", "check_unapplied", "prune")
        if any(self._options.get(name) for name in reads) or self.gate.is_within_another:
            return self._gated(migrate)
        try:
            with one_run(
                self._connection, wait=self._own.wait, tell=self._tell_wait, warn=self._warn
            ) as self._lock:
                return self._gated(migrate if self._own.undo is None else self._undo)
        except DatabaseBusy as busy:
            raise CommandError(busy_text(busy, self._typed or "manage.py migrate_safe")) from busy

    def _gated(self, run: Callable[[], Any]) -> Any:
        with self.gate.closed():
            return run()

    def _undo(self) -> None:
        number = None if self._own.undo == LAST else self._own.undo
        undo = plan_undo(number, self._connection)
        verbosity = self._options.get("verbosity", 1)
        # What `migrate` would have put on the command for its own callback.
        self._command.verbosity = verbosity  # type: ignore[attr-defined]
        self.gate = self._make_gate(undo)
        if verbosity:
            base.write_lines(self._command, undo_heading(undo))
        with self.gate.closed():
            run_steps(
                self._connection,
                undo.keys,
                backwards=undo.backwards,
                fake=undo.fake,
                follow=self._command.migration_progress_callback,  # type: ignore[attr-defined]
                announced=self._say_running,
                verbosity=verbosity,
                interactive=bool(self._options.get("interactive")),
                stdout=self._command.stdout,
            )

    def follow(self, action: str, migration: Any, fake: bool) -> None:
        if self._lock is not None and action in ("apply_start", "unapply_start"):
            self._lock.require()
        self.gate.follow(action, migration, fake)

    # --- what is said -----------------------------------------------------------------------

    def _show_status(self) -> None:
        journal = Journal(self._connection)
        runs = [(run, journal.steps(run.id)) for run in journal.runs(limit=RUNS_SHOWN)]
        base.write_lines(self._command, status_lines(runs, holder_of(self._connection)))

    def _say_running(self) -> None:
        if self._options.get("verbosity", 1):
            line = Line(text="Running migrations:", tone=Tone.HEADING)
            base.write_lines(self._command, [line])

    def _tell_wait(self, holder: Holder) -> None:
        self._warn(f"Waiting for another run on this database: {holder_text(holder)}.")

    def _warn(self, text: str) -> None:
        base.write_lines(self._command, [Line(text=text, tone=Tone.WARNING)], stderr=True)

    # --- consent ----------------------------------------------------------------------------

    def _decide(self, assessment: Assessment) -> None:
        can_ask = self._options.get("interactive") and base.is_interactive()
        consent = Consent(
            accept=self._own.accept,
            allow_data_loss=self._own.allow_data_loss,
            allow_opaque=self._own.allow_opaque,
            fail_on_loss=self._own.fail_on_loss,
            ask=self._ask if can_ask else None,
        )
        quote = self._connection.ops.quote_name
        if consent.verdict(assessment) is not Verdict.HARMLESS:
            base.write_lines(self._command, plan_lines(assessment, quote, everything=False))
            base.write_lines(self._command, [Line(text="")])
        elif self._options.get("verbosity", 1) and not assessment.empty:
            # What `migrate` prints stays what it is; a notice goes beside it.
            base.write_lines(self._command, notices(assessment, quote), stderr=True)
        try:
            consent.obtain(assessment)
        except PlanRefused as refused:
            text = refusal_text(refused, quote, typed=self._typed, earlier_plans=self.gate.finished)
            raise CommandError(text) from refused

    def _ask(self, assessment: Assessment) -> bool:
        self._command.stdout.flush()
        try:
            return input(question(assessment)).strip().lower() in {"y", "yes"}
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return False


def before_any_plan(error: Exception) -> str:
    frames = traceback.walk_tb(error.__traceback__)
    if any(frame.f_globals.get("__name__") == loader.__name__ for frame, _ in frames):
        return reason_of(error)
    return (
        f"`migrate` stopped before it had a plan. {type(error).__name__}: {error}\n"
        "  With --traceback it shows where."
    )
