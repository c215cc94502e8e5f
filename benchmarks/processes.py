"""Whole processes: ``migration_plan`` against Django's ``migrate --plan --skip-checks``.

    python -m benchmarks.processes [PROJECT...] [--steps 1 5 20] [--rounds 9]

The database is migrated and has no rows of ours, so that counting is not what is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.projects import Project, open_project
from benchmarks.timing import Comparison, compare, heading

GOAL = 1.1

LENGTHS = """
import json
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
lengths = {}
for app, name in sorted(executor.loader.graph.nodes):
    if executor.loader.graph.node_map[app, name].parents:
        target = (app, name)
        lengths[f"{app} {name}"] = len(executor.migration_plan([target]))
for app in sorted(executor.loader.migrated_apps):
    lengths[f"{app} zero"] = len(executor.migration_plan([(app, None)]))
print(json.dumps(lengths))
"""


def targets(project: Project, wanted: list[int]) -> dict[int, tuple[str, str]]:
    """For each wanted length the target whose way back is nearest to it."""
    done = project.run("manage.py", "shell", "-v", "0", "-c", LENGTHS)
    lengths: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    found = {}
    for steps in wanted:
        target = min(lengths, key=lambda name: (not lengths[name], abs(lengths[name] - steps)))
        app, name = target.split()
        found[lengths[target]] = (app, name)
    return found


class Timer:
    """Runs a command of the project as a process; wall time, and the processor's time beside it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.processor: dict[tuple[str, ...], list[float]] = {}

    def __call__(self, *arguments: str) -> float:
        started = time.perf_counter()
        with subprocess.Popen(
            [self.project.python, "manage.py", *arguments],
            cwd=self.project.folder,
            env=self.project.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            errors = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - started
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{errors.decode()[-3000:]}")
        self.processor.setdefault(arguments, []).append(usage.ru_utime + usage.ru_stime)
        return wall


def measure(project: Project, steps: list[int], rounds: int) -> None:
    for length, (app, name) in targets(project, steps).items():
        plan = ("migrate", app, name, "--plan", "--skip-checks")
        for kind, extra in (("", ()), (", offline", ("--offline",))):
            time_of = Timer(project)
            ours = ("migration_plan", app, name, "--format", "json", *extra)
            wall = compare(partial(time_of, *ours), partial(time_of, *plan), rounds)
            label = f"{project.name}, {length} steps ({app} {name}){kind}"
            print(wall.row(label, GOAL))
            used = (time_of.processor[command][1:] for command in (ours, plan))
            print(Comparison(*map(tuple, used)).row("the same, processor's time", GOAL), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", default=["wagtail", "oscar"])
    parser.add_argument("--steps", nargs="+", type=int, default=[1, 5, 20])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(heading("`migration_plan`", "`migrate --plan --skip-checks`"))
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        for name in options.projects:
            project = open_project(name, Path(scratch)).migrated()
            measure(project, options.steps, options.rounds)


if __name__ == "__main__":
    main()
