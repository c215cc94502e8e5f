"""The example with seven troubles at once: every format calls each by its name."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.real_projects.troubles import FAKED, PROBLEM, SQUASHED, plain

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "example_project"
#: What is told of each.
TOLD = {
    "conflict": "Cars has 2 newest migrations, 0003_specs_color_owner and 0003_twin",
    "ghost": re.escape("Cars.0004_engine"),
    "edited": re.escape("Cars.0002_alter_specs_weight"),
    "inconsistent": re.escape("Inspections.0003_inspection_passed"),
    "partly squashed": re.escape("Inspections.0003_squashed"),
    "different": re.escape("Cars.0003_specs_color_owner"),
}
OTHER = '\nDATABASES["other"] = DATABASES["default"] | {"NAME": str(BASE_DIR / "other.db")}\n'
PREPARE = """
from django.core.management import call_command as call
silently = {"verbosity": 0, "interactive": False}
call("migrate_safe", "Inspections", "0003", **silently)
call("migrate_safe", "Cars", **silently)
call("migrate_safe", "Cars", "0002", fake=True, **silently)
call("migrate_safe", "Cars", fake=True, **silently)
"""
TELL = """
from django.core.management import call_command as call
for form in ("text", "json", "markdown", "github", "html"):
    call("migration_report", all_databases=True, format=form, output=f"told.{form}", no_color=True)
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the example, with the report in every format."""
    folder = tmp_path_factory.mktemp("troubled") / "example_project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*"))
    python(folder, PREPARE)
    shutil.copyfile(folder / "db", folder / "other.db")
    change(folder / "db", "INSERT INTO django_migrations VALUES (99, 'Cars', '0004_engine', 0)")
    change(folder / "db", forget("Inspections", "0002_inspection_remarks"))
    change(folder / "other.db", forget("Cars", "0003_specs_color_owner"))
    cars, inspections = (folder / app / "migrations" for app in ("Cars", "Inspections"))
    shutil.copyfile(cars / "0003_specs_color_owner.py", cars / "0003_twin.py")
    edited = cars / "0002_alter_specs_weight.py"
    edited.write_text(edited.read_text() + "\nEDITED = True\n")
    replaces = [
        ("Inspections", name) for name in ("0003_inspection_passed", "0004_upper_case_plates")
    ]
    (inspections / "0003_squashed.py").write_text(SQUASHED.format(replaces=replaces))
    settings = folder / "config/settings.py"
    settings.write_text(settings.read_text() + OTHER)
    python(folder, TELL)
    return folder


def python(folder: Path, script: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=folder,
        env=os.environ
        | {
            "MIGRATION_TOOLS_DB": "sqlite",
            "MIGRATION_TOOLS_DB_NAME": str(folder / "db"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        check=True,
    )


def forget(app: str, name: str) -> str:
    return f"DELETE FROM django_migrations WHERE app = '{app}' AND name = '{name}'"


def change(file: Path, sql: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute(sql).rowcount == 1


@pytest.mark.engine_neutral
@pytest.mark.parametrize("form", ["text", "json", "markdown", "github", "html"])
def test_each_is_named(told: Path, form: str) -> None:
    text = plain((told / f"told.{form}").read_text(), form)
    wanted = {kind: PROBLEM[form].format(kind=kind, told=what) for kind, what in TOLD.items()}
    name = "0003_specs_color_owner"
    wanted["faked"] = FAKED[form].format(app="Cars", label=rf"Cars\.{name}", name=name)
    assert [kind for kind, words in wanted.items() if not re.search(words, text, re.DOTALL)] == []
