"""The example loads what its README says, and says what is in the way if it cannot."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parent.parent / "example_project"
pytestmark = pytest.mark.engine_neutral

LOADED = """\
Loaded 1,204 cars, 1,204 owners and 301 inspections into default (SQLite).
  873 cars have a color, 311 weigh a fraction of a kilogram, 2 less than nothing.
"""


class Example:
    """Runs the example's commands on an SQLite file of its own."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def manage(self, *arguments: str, **variables: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=EXAMPLE,
            env={
                **os.environ,
                "MIGRATION_TOOLS_DB": "sqlite",
                "MIGRATION_TOOLS_DB_NAME": str(self.file),
                "DJANGO_SETTINGS_MODULE": "config.settings",
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def example(tmp_path: Path) -> Example:
    return Example(tmp_path / "cars.sqlite3")


def test_loading_twice_is_said_and_gives_the_same_cars(example: Example) -> None:
    everything = "SELECT * FROM Cars_specs ORDER BY id"
    assert example.manage("migrate", "--verbosity=0") == (0, "", "")
    assert example.manage("load_cars") == (0, LOADED, "")
    first = example.rows(everything)
    code, _, error = example.manage("load_cars")
    assert (code, error) == (
        1,
        "CommandError: There are 1,204 cars already; --clear deletes them first.\n",
    )
    code, output, _ = example.manage("load_cars", "--clear")
    assert code == 0
    assert output == f"Deleted 1,204 cars with their owners and inspections.\n{LOADED}"
    assert example.rows(everything) == first

    edges = example.rows("SELECT weight FROM Cars_specs WHERE weight < 0 ORDER BY weight")
    assert edges == [(-1310,), (-985,)]
    assert example.rows("SELECT MAX(LENGTH(name)), MIN(LENGTH(name)) FROM Cars_specs") == [(20, 0)]


def test_loading_needs_the_newest_tables(example: Example) -> None:
    example.manage("migrate", "Cars", "0001", "--verbosity=0")
    example.manage("migrate", "Inspections", "--verbosity=0")
    code, output, error = example.manage("load_cars")
    assert (code, output) == (1, "")
    assert error == (
        "CommandError: Not applied: Cars.0002_alter_specs_weight, Cars.0003_specs_color_owner. "
        "Run 'python manage.py migrate' first.\n"
    )


@pytest.mark.parametrize("rows", ["0", "1", "5", "40"])
def test_few_rows_are_as_many_as_asked_for(rows: str, example: Example) -> None:
    example.manage("migrate", "--verbosity=0")
    assert example.manage("load_cars", "--rows", rows)[0] == 0
    assert example.rows("SELECT COUNT(*) FROM Cars_specs") == [(int(rows),)]


@pytest.mark.parametrize("rows", ["-1", "1.5", "many"])
def test_rows_that_are_no_number(rows: str, example: Example) -> None:
    code, _, error = example.manage("load_cars", f"--rows={rows}")
    assert code == 2
    assert error.endswith(f"'{rows}' is not a whole number from 0 up.\n")


def test_models_and_migrations_agree(example: Example) -> None:
    assert example.manage("makemigrations", "--check") == (0, "No changes detected\n", "")


def test_an_unknown_database_is_named(example: Example) -> None:
    assert example.manage("check", MIGRATION_TOOLS_DB="oracle") == (
        1,
        "",
        "MIGRATION_TOOLS_DB is 'oracle'; it can be sqlite, postgresql, mariadb, mysql.\n",
    )
