"""The generated project: the same every time, sound, and recorded as if fully rendered."""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.synthetic import write_project

ROOT = Path(__file__).resolve().parent.parent
ORACLE = ROOT / "tests" / "real_projects" / "oracle.py"
MIGRATIONS = 120


def run(folder: Path, *arguments: str) -> str:
    environ = os.environ | {
        "MIGRATION_TOOLS_DB": "sqlite",
        "MIGRATION_TOOLS_DB_NAME": str(folder / "generated.sqlite3"),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_project(tmp_path / "one", migrations=MIGRATIONS)
    return tmp_path / "one"


def test_it_is_the_same_every_time(project: Path, tmp_path: Path) -> None:
    write_project(tmp_path / "two", migrations=MIGRATIONS)
    files = [str(path.relative_to(project)) for path in project.rglob("*.py")]
    assert len(files) > MIGRATIONS
    _, different, failed = filecmp.cmpfiles(project, tmp_path / "two", files, shallow=False)
    assert (different, failed) == ([], [])


def test_its_models_are_what_its_migrations_end_with(project: Path) -> None:
    assert "No changes detected" in run(project, "manage.py", "makemigrations", "--check")


def test_its_recording_is_that_of_full_rendering(project: Path) -> None:
    results = json.loads(run(project, str(ORACLE), "synthetic_settings"))
    for direction in ("backwards", "forwards"):
        assert results[direction]["steps"] >= MIGRATIONS
        assert results[direction]["different"] == []
        assert results[direction]["falls"] == []


BOTH_WAYS = """
import functools, json
import django
django.setup()
from django.db import connection
from django.db.migrations.state import ModelState
from migration_tools.backends.scratch import scratch_for
from migration_tools.plan import Target, make_plan
from migration_tools.schema.isolation import run_isolated
from migration_tools.schema.running import Start, run_plan
from migration_tools.schema.statements import Source

def counted(connection, start, steps, small):
    rendered, render = [], ModelState.render
    ModelState.render = lambda *args: rendered.append(args) or render(*args)
    return run_plan(connection, start, steps, small=small), len(rendered)

plan, told = make_plan(Target(), None), []
for small in (True, False):
    with scratch_for(connection).database() as settings:
        start = Start(way=Source.REPLAY, recorded=())
        steps, many = run_isolated(counted, "default", settings, start, plan.steps, small)
    # The referrers of a renamed model come in the order of their classes' addresses.
    told.append([[sorted(s.sql + s.code for s in step.statements), many] for step in steps])
print(json.dumps(told))
"""


def test_its_statements_are_those_of_full_rendering(tmp_path: Path) -> None:
    write_project(project := tmp_path / "few", migrations=60)
    (project / "both_ways.py").write_text(BOTH_WAYS)
    environ = ["-c", "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'synthetic_settings'"]
    environ[1] += "; import both_ways"
    few, every = json.loads(run(project, *environ))
    assert len(few) > 60
    assert [statements for statements, _ in few] == [statements for statements, _ in every]
    assert few[0][1] < every[0][1] * 0.9
