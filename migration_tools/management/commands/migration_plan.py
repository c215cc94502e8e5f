"""``manage.py migration_plan``: what a plan would do to the data, without doing any of it."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.analysis.assessment import assess
from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import for_connection
from migration_tools.management import base
from migration_tools.management.progress import working
from migration_tools.plan import Target, make_plan
from migration_tools.reports.lines import Line
from migration_tools.reports.serializing import assessment_as_dict
from migration_tools.reports.text import plan_lines

HISTORY = MigrationRecorder.Migration._meta.db_table


class Command(BaseCommand):
    help = (
        "Shows what `migrate` would do with the same arguments: every step, what it destroys of "
        "the rows that are there now, and what it would fail on. Reads only."
    )
    # Importing the URLconf for the checks costs more than everything else here.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        base.add_target_arguments(parser)
        parser.add_argument(
            "--database",
            action="append",
            dest="databases",
            metavar="ALIAS",
            help='Database to plan for; may be given several times. Default: "default".',
        )
        parser.add_argument(
            "--all-databases", action="store_true", help="Plan for every database in DATABASES."
        )
        parser.add_argument(
            "--from",
            dest="start",
            metavar="MIGRATION",
            help="Plan as if the app were at this migration ('zero' for none of it) and everything "
            "else at its newest, instead of asking the database.",
        )
        parser.add_argument(
            "--offline",
            action="store_true",
            help="Use no database. Counts are unknown. With an app and a migration everything is "
            "taken as applied, unless --from says otherwise; without, nothing.",
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")
        parser.add_argument("--output", metavar="FILE", help="Write the report to a file.")
        parser.add_argument(
            "--check",
            action="store_true",
            help=f"Exit with status {base.FOUND} if anything would be lost, or may be, or if a "
            "step would fail.",
        )
        base.add_opaque_argument(parser)
        base.add_timeout_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["start"] is not None and not options["app_label"]:
            raise CommandError("--from needs an app label: it names a migration of that app.")
        with base.clear_errors():
            allow_opaque = base.allows_opaque(options)
            timeout = base.count_timeout(options)
        several = options["all_databases"] or len(options["databases"] or ()) > 1
        aliases = dict.fromkeys(options["databases"] or [DEFAULT_DB_ALIAS])
        if options["all_databases"]:
            aliases = dict.fromkeys(connections)
        assessments = [self.assess(alias, options, timeout) for alias in aliases]
        if options["format"] == "json":
            self.write_json(assessments, several, options["output"])
        else:
            self.write_text(assessments, options["output"])
        if options["check"] and any(
            is_dangerous(assessment, allow_opaque=allow_opaque) for assessment in assessments
        ):
            sys.exit(base.FOUND)

    def assess(self, alias: str, options: dict[str, Any], timeout: float) -> Assessment:
        connection = base.connection_of(alias)
        online = not options["offline"]
        target = Target(
            app=options["app_label"], migration=options["migration_name"], start=options["start"]
        )
        with base.clear_errors(alias):
            backend = for_connection(connection)
            absent = online and backend.is_absent()
            plan = make_plan(
                target,
                connection if online and not absent else None,
                assume_applied=not online and target.app is not None,
            )
            if online and not plan.applied and backend.hidden_of([HISTORY]):
                raise CommandError(
                    f"The database '{alias}' does not let this user read {HISTORY}: what is "
                    "applied is not known."
                )
            with working(sys.stderr, f"Looking at {alias}"):
                return assess(plan, connection, online=online, absent=absent, count_timeout=timeout)

    def write_json(self, assessments: list[Assessment], several: bool, output: str | None) -> None:
        reports = [
            assessment_as_dict(a, connections[a.database.alias].ops.quote_name) for a in assessments
        ]
        text = json.dumps(reports if several else reports[0], indent=2, ensure_ascii=False)
        base.write_report(self, text, output)

    def write_text(self, assessments: list[Assessment], output: str | None) -> None:
        lines: list[Line] = []
        for assessment in assessments:
            quote = connections[assessment.database.alias].ops.quote_name
            lines += [Line(text="")] if lines else []
            lines += plan_lines(assessment, quote, everything=True)
            if assessment.steps:
                lines.append(Line(text=f"  Fingerprint: {assessment.fingerprint}"))
        if output:
            base.write_report(self, "\n".join(line.text for line in lines), output)
        else:
            base.write_lines(self, lines)


def is_dangerous(assessment: Assessment, *, allow_opaque: bool) -> bool:
    return bool(assessment.blockers) or assessment.needs_consent(allow_opaque=allow_opaque)
