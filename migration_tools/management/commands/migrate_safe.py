"""``manage.py migrate_safe``: the project's own `migrate`, behind a gate."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from migration_tools.analysis.verdicts import Assessment
from migration_tools.execution.consent import Consent, PlanRefused, Verdict
from migration_tools.execution.gate import Gate
from migration_tools.execution.wrapping import migrate_in_force
from migration_tools.management import base
from migration_tools.plan import Target, reason_of
from migration_tools.reports.refusals import question, refusal_text
from migration_tools.reports.text import Line, notices, plan_lines

#: Not for the wrapped command to see.
OWN_OPTIONS = ("accept", "allow_data_loss", "fail_on_loss", "allow_opaque", "count_timeout")

MigrateInForce: Any = migrate_in_force()


class Command(MigrateInForce):  # type: ignore[misc]
    help = (
        "Runs `migrate`, and before a step that loses data shows from the rows that are there "
        "what would be lost or would fail, and asks."
    )
    gate: Gate | None = None

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
                return self._refusals_in_words(alias, *args, **options)
        except CommandError:
            raise
        except Exception as error:
            # Until a plan was announced only the project's own files can be at fault.
            if self.gate is None or self.gate.was_reached or options.get("traceback"):
                raise
            raise CommandError(reason_of(error)) from error

    def _refusals_in_words(self, alias: str, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except PlanRefused as refused:
            quote = connections[alias].ops.quote_name
            raise CommandError(refusal_text(refused, quote)) from refused

    def handle(self, *args: Any, **options: Any) -> Any:
        own = {name: options.pop(name) for name in OWN_OPTIONS}
        self.gate = Gate(
            connections[options.get("database") or DEFAULT_DB_ALIAS],
            self._consent(own, interactive=bool(options.get("interactive"))),
            self._show,
            target=Target(app=options.get("app_label"), migration=options.get("migration_name")),
            count_timeout=base.count_timeout(own),
            fake=bool(options.get("fake")),
            fake_initial=bool(options.get("fake_initial")),
        )
        with self.gate.closed():
            return super().handle(*args, **options)

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        if action in ("apply_start", "unapply_start") and self.gate is not None:
            self.gate.require((migration.app_label, migration.name))
        super().migration_progress_callback(action, migration, fake)

    def _consent(self, own: dict[str, Any], *, interactive: bool) -> Consent:
        return Consent(
            accept=own["accept"],
            allow_data_loss=own["allow_data_loss"],
            allow_opaque=base.allows_opaque(own),
            fail_on_loss=own["fail_on_loss"],
            ask=self._ask if interactive and base.is_interactive() else None,
        )

    def _ask(self, assessment: Assessment) -> bool:
        self.stdout.flush()
        try:
            return input(question(assessment)).strip().lower() in {"y", "yes"}
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return False

    def _show(self, assessment: Assessment, verdict: Verdict) -> None:
        quote = connections[assessment.database.alias].ops.quote_name
        if verdict is Verdict.HARMLESS:
            # What `migrate` prints stays what it is; a notice goes beside it.
            base.write_lines(self, notices(assessment, quote), stderr=True)
            return
        base.write_lines(self, plan_lines(assessment, quote, everything=False))
        base.write_lines(self, [Line(text="")])
