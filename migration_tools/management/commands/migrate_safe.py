"""``manage.py migrate_safe``: the project's own `migrate`, behind a gate."""

from __future__ import annotations

import functools
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations import loader

from migration_tools.analysis.verdicts import Assessment
from migration_tools.execution.consent import Consent, PlanRefused, Verdict
from migration_tools.execution.gate import Gate
from migration_tools.execution.run import Occasion
from migration_tools.execution.wrapping import migrate_in_force
from migration_tools.management import base
from migration_tools.plan import Target, reason_of
from migration_tools.reports.lines import Line
from migration_tools.reports.refusals import question, refusal_text
from migration_tools.reports.text import notices, plan_lines

if TYPE_CHECKING:
    from django.core.management.commands.migrate import Command as WrappedCommand
else:
    WrappedCommand = BaseCommand

#: Not for the wrapped command to see.
OWN_OPTIONS = ("accept", "allow_data_loss", "fail_on_loss", "allow_opaque", "count_timeout")


class GatedMigrate(WrappedCommand):
    """What is put on top of the project's ``migrate``; ``super()`` is that command."""

    help = (
        "Runs `migrate`, and before a step that loses data shows from the rows that are there "
        "what would be lost or would fail, and asks."
    )
    gate: Gate | None = None
    #: As it was typed, for the next command that a refusal suggests.
    typed: str | None = None

    def run_from_argv(self, argv: list[str]) -> None:
        program = Path(argv[0]).name.replace("__main__.py", "python -m django")
        self.typed = f"{program} {shlex.join(argv[1:])}"
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        group = parser.add_argument_group("data loss")
        group.add_argument(
            "--accept",
            metavar="FINGERPRINT",
            help="Run a plan that loses data if it is this one: the fingerprint that "
            "migration_plan printed.",
        )
        group.add_argument(
            "--allow-data-loss",
            action="store_true",
            help="Run the plan whatever it loses. A step that would fail still stops it.",
        )
        group.add_argument(
            "--fail-on-loss", action="store_true", help="Never run a plan that loses data."
        )
        base.add_opaque_argument(group)
        base.add_timeout_argument(group)

    def execute(self, *args: Any, **options: Any) -> Any:
        alias = options.get("database") or DEFAULT_DB_ALIAS
        base.connection_of(alias)
        self.gate = None
        try:
            with base.clear_errors(alias):
                return super().execute(*args, **options)
        except CommandError:
            raise
        except Exception as error:
            if self.gate is None or self.gate.was_reached or options.get("traceback"):
                raise
            raise CommandError(_before_any_plan(error)) from error

    def handle(self, *args: Any, **options: Any) -> Any:
        own = {name: options.pop(name, None) for name in OWN_OPTIONS}
        target = Target(app=options.get("app_label"), migration=options.get("migration_name"))
        self.gate = Gate(
            connections[options.get("database") or DEFAULT_DB_ALIAS],
            lambda assessment: self._decide(assessment, {**options, **own}),
            target=target,
            count_timeout=base.count_timeout(own),
            fake=bool(options.get("fake")),
            fake_initial=bool(options.get("fake_initial")),
            occasion=Occasion(target=target, command=self.typed or "call_command"),
        )
        with self.gate.closed():
            return super().handle(*args, **options)

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        if self.gate is not None:
            self.gate.follow(action, migration, fake)
        super().migration_progress_callback(action, migration, fake)

    def _decide(self, assessment: Assessment, options: dict[str, Any]) -> None:
        consent = Consent(
            accept=options["accept"],
            allow_data_loss=bool(options["allow_data_loss"]),
            allow_opaque=base.allows_opaque(options),
            fail_on_loss=bool(options["fail_on_loss"]),
            ask=self._ask if options.get("interactive") and base.is_interactive() else None,
        )
        quote = connections[assessment.database.alias].ops.quote_name
        if consent.verdict(assessment) is not Verdict.HARMLESS:
            base.write_lines(self, plan_lines(assessment, quote, everything=False))
            base.write_lines(self, [Line(text="")])
        elif options.get("verbosity", 1) and not assessment.empty:
            # What `migrate` prints stays what it is; a notice goes beside it.
            base.write_lines(self, notices(assessment, quote), stderr=True)
        try:
            consent.obtain(assessment)
        except PlanRefused as refused:
            earlier = self.gate.finished if self.gate else 0
            text = refusal_text(refused, quote, typed=self.typed, earlier_plans=earlier)
            raise CommandError(text) from refused

    def _ask(self, assessment: Assessment) -> bool:
        self.stdout.flush()
        try:
            return input(question(assessment)).strip().lower() in {"y", "yes"}
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return False


def _before_any_plan(error: Exception) -> str:
    frames = traceback.walk_tb(error.__traceback__)
    if any(frame.f_globals.get("__name__") == loader.__name__ for frame, _ in frames):
        return reason_of(error)
    return (
        f"`migrate` stopped before it had a plan. {type(error).__name__}: {error}\n"
        "  With --traceback it shows where."
    )


@functools.cache
def gated(migrate: type[Any]) -> type[Any]:
    """``migrate`` with the gate on top, or as it is if it is made of ours already."""
    if issubclass(migrate, GatedMigrate):
        return migrate
    return type("Command", (GatedMigrate, migrate), {"__module__": __name__})


def __getattr__(name: str) -> Any:
    """``Command``, made when it is asked for.

    A project's own `migrate` may be made of it, and is imported to make it: by then this module
    has to be complete.
    """
    if name == "Command":
        return gated(migrate_in_force())  # type: ignore[arg-type]  # a class is hashable
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
