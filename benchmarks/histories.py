"""Whole histories, in one process: our recording against Django's own states.

    python -m benchmarks.histories [PROJECT...] [--rounds 3]     recording against Django
    python -m benchmarks.histories --scaling 100 300 1000        recording alone, by length

The plan takes every app to zero. Django's part is what its executor spends on states for that plan:
``_migrate_all_backwards`` and ``Migration.unapply`` themselves, with operations that do nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.projects import open_project
from benchmarks.timing import Comparison, compare, heading, seconds

GOAL = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", default=["wagtail", "oscar", "synthetic-300"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scaling", nargs="+", type=int, help="lengths of generated projects")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        return work(options.rounds, against_django=options.scaling is None)
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        if options.scaling:
            return scaling(options.scaling, options.rounds, Path(scratch))
        print(heading("recording", "Django's states"))
        for name in options.projects:
            result = in_process(name, Path(scratch), "--rounds", str(options.rounds))
            comparison = Comparison(tuple(result["ours"]), tuple(result["theirs"]))
            label = f"{name}, {result['steps']} steps, {result['operations']} operations"
            print(comparison.row(label, GOAL), flush=True)
    return None


def scaling(lengths: list[int], rounds: int, scratch: Path) -> None:
    print("| migrations | operations | recording, s | ms a migration | against the first |")
    print("| --- | --- | --- | --- | --- |")
    first = None
    for length in lengths:
        name = f"synthetic-{length}"
        result = in_process(name, scratch, "--rounds", str(rounds), "--scaling", "0")
        best = min(result["ours"])
        each = best / length * 1000
        first = first or each
        print(
            f"| {length} | {result['operations']} | {best:.3f} | {each:.2f} | {each / first:.2f} |",
            flush=True,
        )


def in_process(name: str, scratch: Path, *arguments: str) -> dict[str, Any]:
    """Runs the worker in the project's own process, on a database where nothing is made."""
    project = open_project(name, scratch)
    done = project.run("-m", "benchmarks.histories", "--worker", *arguments)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def work(rounds: int, *, against_django: bool) -> None:
    import django

    sys.path.insert(0, os.getcwd())
    django.setup()
    from django.db import connection

    from migration_tools.analysis.recording import record
    from migration_tools.plan import Target, plan_of_run

    executor, pairs = whole_way_back(connection)
    plan = plan_of_run(pairs, connection, Target())
    connection.ensure_connection()
    operations = sum(len(migration.operations) for migration, _ in pairs)
    # What the plan takes as applied is said by the recorder, and no table of it is there.
    assert len(plan.applied) >= len(plan.steps)

    def ours() -> float:
        return seconds(lambda: record(plan, connection, online=True), time.process_time)

    def theirs() -> float:
        return seconds(lambda: django_states(executor, pairs), time.process_time)

    if against_django:
        result = compare(ours, theirs, rounds)
    else:
        times = tuple(ours() for _ in range(rounds + 1))
        result = Comparison(times, times)
    print(
        json.dumps(
            {
                "steps": len(pairs),
                "operations": operations,
                "ours": result.ours,
                "theirs": result.theirs,
            }
        )
    )


def whole_way_back(connection: Any) -> tuple[Any, list[Any]]:
    """An executor for which everything is applied, and the plan that takes it all back."""
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    # A squashed migration counts as applied only if everything it replaces does.
    files = MigrationLoader(connection).disk_migrations
    names = {*files, *(old for migration in files.values() for old in migration.replaces)}
    applied = {key: SimpleNamespace(app=key[0], name=key[1]) for key in sorted(names)}
    MigrationRecorder.applied_migrations = lambda self: dict(applied)  # type: ignore[assignment, method-assign]
    executor = MigrationExecutor(connection)
    zero: list[Any] = [(app, None) for app in sorted(executor.loader.migrated_apps)]
    return executor, executor.migration_plan(zero)


def django_states(executor: Any, pairs: list[Any]) -> None:
    """Django's own way back through ``pairs``, but for what the operations do to the database."""
    full_plan = executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True)
    editor = SimpleNamespace(atomic_migration=True, connection=executor.connection)
    with idle_operations(pairs):
        executor.unapply_migration = lambda state, migration, fake: migration.unapply(state, editor)
        executor._migrate_all_backwards(pairs, full_plan, fake=False)


@contextmanager
def idle_operations(pairs: list[Any]) -> Iterator[None]:
    """The operations of the plan do nothing, and say that they can be reversed."""
    changed: set[type] = set()
    for migration, _ in pairs:
        for operation in migration.operations:
            changed.update(c for c in type(operation).__mro__ if "database_backwards" in vars(c))
            changed.update(c for c in type(operation).__mro__ if "reversible" in vars(c))
    saved = [
        (owner, name, vars(owner)[name])
        for owner in changed
        for name in ("database_backwards", "reversible")
        if name in vars(owner)
    ]
    for owner, name, _ in saved:
        setattr(owner, name, True if name == "reversible" else lambda self, *arguments: None)
    try:
        yield
    finally:
        for owner, name, value in saved:
            setattr(owner, name, value)


if __name__ == "__main__":
    main()
