"""What `migrate_safe` says to the person who has called it, and what it asks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import django.db
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from migration_tools.analysis.verdicts import Assessment
from migration_tools.execution.archiving import Archivist
from migration_tools.execution.cleaning import clean_up
from migration_tools.execution.coming import Return
from migration_tools.execution.consent import Consent, PlanRefused, Verdict
from migration_tools.execution.locking import Holder
from migration_tools.execution.operations import WatchedStep
from migration_tools.execution.recovery import HalfDone, half_done
from migration_tools.execution.run import RunLog
from migration_tools.journal import StepRecord
from migration_tools.management import base
from migration_tools.management.options import Options
from migration_tools.plan import Step
from migration_tools.reports.archived import done_lines
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.refusals import question, refusal_text, what_stayed
from migration_tools.reports.returning import return_lines
from migration_tools.reports.runs import holder_text
from migration_tools.reports.stopped import (
    half_done_lines,
    half_done_warning,
    recorded_warning,
    stopped_lines,
)
from migration_tools.reports.text import notices, plan_lines

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Talk:
    """What `migrate` would not say goes to stderr, beside its output."""

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
        #: Steps that were agreed to: asked once, also if they are tried again.
        self._agreed: frozenset[Step] = frozenset()
        #: Whether what plans bring back is wanted, by their steps.
        self._wanted: dict[frozenset[Step], bool] = {}

    @property
    def _is_quiet(self) -> bool:
        return not self._options.get("verbosity", 1)

    def say(self, lines: Iterable[Line], *, always: bool = False) -> None:
        if always or not self._is_quiet:
            base.write_lines(self._command, lines)

    def warn(self, text: str) -> None:
        base.write_lines(self._command, [Line(text=text, tone=Tone.WARNING)], stderr=True)

    # --- the run ----------------------------------------------------------------------------

    def runs(self) -> None:
        self.say([Line(text="Running migrations:", tone=Tone.HEADING)])

    def waits(self, holder: Holder) -> None:
        self.warn(f"Waiting for another run on this database: {holder_text(holder)}.")

    def recorded(self, step: StepRecord) -> None:
        self.warn(recorded_warning(step))

    def is_half_done(self, half: HalfDone) -> None:
        self.warn(half_done_warning(half))

    def finishes(self, step: WatchedStep) -> None:
        migration = step.migration
        self.warn(
            f"\nFinishing {migration.app_label}.{migration.name}, which would stay half-way; then "
            "it stops. Ctrl-C again stops at once."
        )

    def retries(self, attempt: int, wait: float) -> None:
        self.warn(
            f"Others hold the locks that the step needs. Trying again in {wait:.1f} seconds "
            f"({attempt} of {self._own.retries})."
        )

    def stopped(self, log: RunLog) -> None:
        """As far as the database still answers."""
        half: HalfDone | None = None
        sql: tuple[str, ...] = ()
        try:
            half = half_done(self._connection)
            sql = clean_up(half, self._connection) if half else ()
        except django.db.Error as error:
            self.warn(f"Where it stopped cannot be read from the database now: {error}")
        # `migrate` has left the cursor behind the name of the step.
        lines = [Line(text=""), *stopped_lines(log, half, sql)]
        base.write_lines(self._command, lines, stderr=True)

    def done(self, archivist: Archivist) -> None:
        """Nothing of a run that lost nothing: that one looks like `migrate`."""
        alias = self._connection.alias
        database = "" if alias == DEFAULT_DB_ALIAS else f" --database {alias}"
        self.say(
            done_lines(
                archivist.kept(),
                archivist.unfit(),
                self._connection.ops.quote_name,
                database=database,
            )
        )

    def half_done(self, half: HalfDone) -> None:
        heading = f"{half.step.label} stopped half-way in run {half.step.run}:"
        self.say([Line(text=heading, tone=Tone.BLOCKER)], always=True)
        self.say(half_done_lines(half, clean_up(half, self._connection)), always=True)

    # --- consent ----------------------------------------------------------------------------

    def decide(self, assessment: Assessment, earlier_plans: int) -> None:
        """Raises CommandError for a plan that may not run."""
        can_ask = self._options.get("interactive") and base.is_interactive()
        consent = Consent(
            accept=self._own.accept,
            allow_data_loss=self._own.allow_data_loss,
            allow_opaque=self._own.allow_opaque,
            fail_on_loss=self._own.fail_on_loss,
            ask=self._ask if can_ask else None,
        )
        verdict, steps = consent.verdict(assessment), frozenset(assessment.plan.steps)
        if verdict is not Verdict.BLOCKED and self._agreed and steps <= self._agreed:
            return
        quote = self._connection.ops.quote_name
        if verdict is not Verdict.HARMLESS:
            base.write_lines(self._command, plan_lines(assessment, quote, everything=False))
            base.write_lines(self._command, [Line(text="")])
        elif not self._is_quiet and not assessment.empty:
            # What `migrate` prints stays what it is; a notice goes beside it.
            base.write_lines(self._command, notices(assessment, quote), stderr=True)
        try:
            consent.obtain(assessment)
        except PlanRefused as refused:
            text = refusal_text(refused, quote, typed=self._typed, earlier_plans=earlier_plans)
            raise CommandError(text) from refused
        if self._own.retries:
            self._agreed |= steps

    def offer(self, assessment: Assessment, returns: Sequence[Return], earlier_plans: int) -> bool:
        """Asks once for a plan, and not who has said so already: --undo is for bringing back."""
        steps = frozenset(assessment.plan.steps)
        if assessment.blockers:
            return True  # it is refused for them
        if steps not in self._wanted:
            self.say(return_lines(returns, self._connection.ops.quote_name))
            self._wanted[steps] = self._wants_back(earlier_plans)
        return self._wanted[steps]

    def _wants_back(self, earlier_plans: int) -> bool:
        undoes = self._own.undo is not None or self._own.resume
        if undoes or not self._options.get("interactive") or not base.is_interactive():
            return True
        answer = self._answer("  Bring it back? [Y/n] ")
        if answer is None:
            raise CommandError(f"Not confirmed. {what_stayed(earlier_plans)}")
        return answer not in {"n", "no"}

    def _ask(self, assessment: Assessment) -> bool:
        return self._answer(question(assessment)) in {"y", "yes"}

    def _answer(self, asked: str) -> str | None:
        """None for one who would rather leave."""
        self._command.stdout.flush()
        try:
            return input(asked).strip().lower()
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return None
