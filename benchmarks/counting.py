"""Counting: our measuring of one table against one query written by hand for the same counts.

    python -m benchmarks.counting [--engine sqlite] [--rows 5000000] [--rounds 5]

Two plans on one table of twelve columns: ten columns dropped, nine columns changed. The figures of
the query by hand have to be those that the assessment reports.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import by_hand, counted_project
from benchmarks.timing import compare, heading, seconds

GOAL = 1.15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    engines = ["sqlite", "postgresql", "mariadb"]
    parser.add_argument(
        "--engine", default=os.environ.get("MIGRATION_TOOLS_DB", "sqlite"), choices=engines
    )
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    changed = list(counted_project.CHANGED)
    parser.add_argument(
        "--columns", nargs="+", default=changed, choices=changed, help="change only these"
    )
    parser.add_argument("--show", action="store_true", help="print our queries")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        name = f"mt_bench_{os.getpid()}"
        if options.engine == "sqlite":
            name = str(Path(scratch) / f"{name}.sqlite3")
        counted_project.configure(Path(scratch), options.engine, name, options.columns)
        from django.db import connection

        make_database(connection, name)
        try:
            run(options)
        finally:
            connection.close()
            drop_database(connection, name)


def make_database(connection: Any, name: str) -> None:
    if connection.vendor != "sqlite":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")


def drop_database(connection: Any, name: str) -> None:
    if connection.vendor != "sqlite":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {connection.ops.quote_name(name)}")


def run(options: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", "counted", "0002", verbosity=0)
    took = seconds(lambda: counted_project.fill(options.rows))
    print(f"{connection.display_name}: {options.rows:,} rows of 12 columns, made in {took:.0f} s\n")
    print(heading("assessment", "one query by hand"))
    if len(options.columns) == len(counted_project.CHANGED):
        measure("10 columns dropped", "0001", options)
    label = f"changed: {', '.join(options.columns)}"
    if connection.vendor == "sqlite":
        measure(f"{label}, values taken to be what the models say", "0003", options, exact=False)
    measure(label, "0003", options)


def measure(label: str, migration: str, options: argparse.Namespace, *, exact: bool = True) -> None:
    from django.db import connection

    from migration_tools.analysis.assessment import Assessment, assess
    from migration_tools.plan import Target, make_plan

    plan = make_plan(Target(app="counted", migration=migration), connection)
    seen: list[Assessment] = []
    statements: list[str] = []

    def ours() -> float:
        return seconds(lambda: seen.append(assess(plan, connection, count_timeout=3600)))

    def theirs() -> float:
        asked = partial(by_hand.ask, connection, migration, options.columns, exact=exact)
        return seconds(lambda: figures.update(asked()))

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    figures: dict[str, int] = {}
    with connection.execute_wrapper(note):
        ours()
    theirs()
    scans = [sql for sql in statements if "COUNT(" in sql]
    if options.show:
        print("\n".join(scans))
    check(seen[0], figures)
    result = compare(ours, theirs, options.rounds)
    many = f"{len(scans)} quer{'y' if len(scans) == 1 else 'ies'}"
    print(result.row(f"{connection.display_name}, {label}, {many}", GOAL), flush=True)


def check(assessment: Any, figures: dict[str, int]) -> None:
    """Every count of the assessment was also asked by hand, and is the same."""
    reported = {}
    for loss in assessment.losses:
        reported[f"{loss.kind} {loss.column}"] = loss.amount.count
        reported["rows"] = loss.rows.count
    for finding in assessment.findings:
        if finding.rows is not None:
            reported[f"{finding.hazard.code} {finding.column}"] = finding.rows.count
    wrong = {key: count for key, count in reported.items() if figures.get(key) != count}
    if wrong:
        raise SystemExit(f"Not as counted by hand: {wrong}; by hand: {figures}")


if __name__ == "__main__":
    main()
