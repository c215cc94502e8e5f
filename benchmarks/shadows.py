"""What a shadow costs: the SQL of a plan against running it, drift against one inspectdb.

    python -m benchmarks.shadows --engine sqlite postgresql mariadb mysql [--rounds 3]

Whole processes, by turns. ``migrate`` runs the same steps each time on a database that was made
anew; for ``migration_plan --sql`` that database is empty, too. For drift the tables are there.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import ROOT
from benchmarks.synthetic import write_project
from benchmarks.timing import compare, heading

SQL_GOAL, DRIFT_GOAL = 2.0, 3.0
STEPS = 18  # and two of contenttypes
APPS, MODELS = 10, 15

SERVERS = {
    "postgresql": ["psql", "-q", "-h", "127.0.0.1", "-U", "postgres", "-c"],
    "mariadb": ["mariadb", "-h", "127.0.0.1", "-u", "root", "-e"],
    "mysql": [
        *("mariadb", "-h", "127.0.0.1", "-P", "56307"),
        *("-u", "migration_tools", "-pmigration_tools", "-e"),
    ],
}
# MySQL is the one server here that a project reaches by other values than its defaults.
ACCESS = {
    "mysql": {
        "MIGRATION_TOOLS_DB_PORT": "56307",
        "MIGRATION_TOOLS_DB_USER": "migration_tools",
        "MIGRATION_TOOLS_DB_PASSWORD": "migration_tools",
    }
}
SETTINGS = """
from synthetic_settings import *
INSTALLED_APPS = ["django.contrib.contenttypes", "migration_tools"] + {apps!r}
"""
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            f"Model{{number}}",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=80, unique=True)),
                ("size", models.IntegerField(default=0, db_index=True)),
                ("price", models.DecimalField(max_digits=9, decimal_places=2, null=True)),
                ("born", models.DateTimeField(null=True)),
                ("text", models.TextField(default="")),
                ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
            ],
            options={{
                "indexes": [models.Index(fields=["size", "born"], name=f"{app}_{{number}}")]
            }},
        )
        for number in range({models})
    ]
"""


@dataclass(frozen=True)
class Site:
    """A generated project and a database of its own on one engine."""

    folder: Path
    settings: str
    engine: str
    database: str

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return {
            **kept,
            **ACCESS.get(self.engine, {}),
            "MIGRATION_TOOLS_DB": self.engine,
            "MIGRATION_TOOLS_DB_NAME": self.database,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)]),
        }

    def run(self, *arguments: str) -> float:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        return time.perf_counter() - started

    def anew(self) -> None:
        self.drop()
        if self.engine != "sqlite":
            self._on_server(f"CREATE DATABASE {self.database}")

    def drop(self) -> None:
        if self.engine == "sqlite":
            Path(self.database).unlink(missing_ok=True)
        else:
            self._on_server(f"DROP DATABASE IF EXISTS {self.database}")

    def _on_server(self, statement: str) -> None:
        subprocess.run([*SERVERS[self.engine], statement], check=True, capture_output=True)


def plan_of(site: Site, rounds: int) -> None:
    def ours() -> float:
        site.anew()
        return site.run("migration_plan", "--sql", "--format", "json")

    def theirs() -> float:
        site.anew()
        return site.run("migrate", "--skip-checks", "-v", "0")

    print(compare(ours, theirs, rounds).row(f"{site.engine}, SQL of 20 steps", SQL_GOAL))
    site.drop()


def drift_of(site: Site, rounds: int) -> None:
    site.anew()
    site.run("migrate", "--skip-checks", "-v", "0")
    comparison = compare(
        lambda: site.run("migration_diff", "--live", "--check"),
        lambda: site.run("inspectdb"),
        rounds,
    )
    print(comparison.row(f"{site.engine}, drift of {APPS * MODELS} tables", DRIFT_GOAL))
    site.drop()


def write_tables(folder: Path) -> None:
    """Apps of many tables, beside the generated project."""
    names = [f"wide{number}" for number in range(APPS)]
    for app in names:
        place = folder / app / "migrations"
        place.mkdir(parents=True)
        (folder / app / "__init__.py").touch()
        (place / "__init__.py").touch()
        (place / "0001_initial.py").write_text(MIGRATION.format(app=app, models=MODELS))
    (folder / "wide_settings.py").write_text(SETTINGS.format(apps=names))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", nargs="+", default=["sqlite"], choices=["sqlite", *SERVERS])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(heading("ours", "Django's"))
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        folder = Path(scratch)
        write_project(folder, migrations=STEPS)
        write_tables(folder)
        for engine in options.engine:
            name = str(folder / "site.sqlite3") if engine == "sqlite" else f"mt_bench_{os.getpid()}"
            plan_of(Site(folder, "synthetic_settings", engine, name), options.rounds)
            drift_of(Site(folder, "wide_settings", engine, name), options.rounds)


if __name__ == "__main__":
    main()
