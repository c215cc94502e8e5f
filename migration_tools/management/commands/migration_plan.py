"""``manage.py migration_plan``: what a plan would do to the data, without doing any of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, CommandParser
from django.db.migrations.recorder import MigrationRecorder

from migration_tools.analysis.assessment import assess
from migration_tools.analysis.verdicts import Assessment
from migration_tools.backends import for_connection
from migration_tools.execution.coming import columns_back, with_archives
from migration_tools.management import base, plan_output
from migration_tools.management.plan_output import Report
from migration_tools.management.progress import working
from migration_tools.plan import Target, make_plan

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.backends.base import Backend
    from migration_tools.backends.blocking import Blocking
    from migration_tools.plan import Plan
    from migration_tools.schema.statements import PlanSQL

HISTORY = MigrationRecorder.Migration._meta.db_table


class Command(base.OwnCommand):
    help = (
        "Shows what `migrate` would do with the same arguments: every step, what it destroys of "
        "the rows that are there now, and what it would fail on. Reads only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        base.add_target_arguments(parser)
        base.add_database_arguments(parser, "Plan for")
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
        parser.add_argument(
            "--sql",
            action="store_true",
            help="Show every statement that will be sent, found by running the plan on an empty "
            "shadow database, which is made for that and removed.",
        )
        parser.add_argument(
            "--blockers",
            action="store_true",
            help="Show who is in the way of the plan now: sessions that hold locks on its tables, "
            "and long transactions.",
        )
        parser.add_argument(
            "--query-values",
            action="store_true",
            help="With --blockers: show the queries of others with the values in them.",
        )
        parser.add_argument(
            "--format",
            choices=plan_output.FORMATS,
            default="text",
            help="markdown: a comment for a pull request; github: annotations beside the files; "
            "html: one page that needs nothing else; sql: only the statements, as a script that "
            "can be run.",
        )
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
        if options["blockers"] and options["offline"]:
            raise CommandError("--blockers asks the database: leave out --offline.")
        with base.clear_errors():
            allow_opaque = base.allows_opaque(options)
            timeout = base.count_timeout(options)
        several = options["all_databases"] or len(options["databases"] or ()) > 1
        aliases = base.aliases(options)
        if options["format"] == "sql" and several:
            raise CommandError("A script is for one database: name one --database.")
        with_sql = options["sql"] or options["format"] == "sql"
        reports = [self.report(alias, options, timeout, with_sql) for alias in aliases]
        with base.readers_may_leave(options["format"]):
            plan_output.write(
                self, reports, options["format"], several=several, output=options["output"]
            )
        if options["check"] and any(
            is_dangerous(report.assessment, allow_opaque=allow_opaque) for report in reports
        ):
            sys.exit(base.FOUND)

    def report(self, alias: str, options: dict[str, Any], timeout: float, with_sql: bool) -> Report:
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
            # Before the spinner: its thread would not come along into the shadow's process.
            sql = _sql_of(plan, connection, online=online) if with_sql else None
            with working(sys.stderr, f"Looking at {alias}"):
                assessment = assess(
                    plan,
                    connection,
                    online=online,
                    absent=absent,
                    count_timeout=timeout,
                    comes_back=columns_back(connection),
                )
                coming = None
                if assessment.online and not absent:
                    assessment, coming = with_archives(assessment, connection, seconds=timeout)
                if not plan.is_of_today:
                    coming = None  # what would come back is asked of the database as it is
                if sql is not None and assessment.online:
                    assessment = _with_waiting(assessment, sql, backend)
                blocking = None
                if options["blockers"]:
                    values = options["query_values"]
                    blocking = _blocking_of(assessment, connection, values=values)
                return Report(assessment=assessment, sql=sql, blocking=blocking, coming=coming)


# What few plans are asked for is loaded for those: our own modules are most of what a plan costs
# on top of Django.


def _sql_of(plan: Plan, connection: BaseDatabaseWrapper, *, online: bool) -> PlanSQL:
    from migration_tools.schema.shadow import sql_of

    return sql_of(plan, connection, online=online)


def _with_waiting(assessment: Assessment, sql: PlanSQL, backend: Backend) -> Assessment:
    from migration_tools.schema.waiting import rows_of, with_waiting

    return with_waiting(assessment, sql, rows_of(sql, backend))


def _blocking_of(
    assessment: Assessment, connection: BaseDatabaseWrapper, *, values: bool
) -> Blocking:
    from migration_tools.analysis.blocking import blocking_of

    return blocking_of(assessment, connection, values=values)


def is_dangerous(assessment: Assessment, *, allow_opaque: bool) -> bool:
    return bool(assessment.blockers) or assessment.needs_consent(allow_opaque=allow_opaque)
