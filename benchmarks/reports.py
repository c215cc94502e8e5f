"""Whole processes: ``migration_report`` against Django's ``showmigrations``.

    python -m benchmarks.reports [PROJECT...] [--rounds 9]

By default a generated project of 300 migrations, once built by `migrate`, once by `migrate_safe`,
whose journal then holds every step. The report is the default one and counts no rows.
`showmigrations` is timed as people type it, and without its system checks, which `migration_report`
does not run.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.processes import Timer
from benchmarks.projects import Project, open_project
from benchmarks.timing import Comparison, compare, heading

GOAL = 1.3
DJANGOS = {"": ("showmigrations",), ", --skip-checks": ("showmigrations", "--skip-checks")}

BUILDERS = {"migrate": (), "migrate_safe": ("--noinput", "--allow-opaque")}


def measure(project: Project, built_by: str, rounds: int) -> None:
    for kind, theirs in DJANGOS.items():
        time_of = Timer(project)
        ours = ("migration_report",)
        wall = compare(partial(time_of, *ours), partial(time_of, *theirs), rounds)
        print(wall.row(f"{project.name} by {built_by}{kind}", GOAL))
        used = (time_of.processor[command][1:] for command in (ours, theirs))
        print(Comparison(*map(tuple, used)).row("the same, processor's time", GOAL), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", default=["synthetic-300"])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(heading("`migration_report`", "`showmigrations`"))
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        for name in options.projects:
            for number, (command, more) in enumerate(BUILDERS.items()):
                folder = Path(scratch) / str(number)
                folder.mkdir(exist_ok=True)
                project = open_project(name, folder)
                project.run("manage.py", command, "--skip-checks", "-v", "0", *more)
                measure(project, command, options.rounds)


if __name__ == "__main__":
    main()
