"""``migration_report`` as a person runs it: filters, exit codes, bad input, several databases."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models

from migration_tools.history.survey import survey
from migration_tools.reports.history.text import problem_lines
from tests.helpers import (
    EXAMPLE,
    ROOT,
    Project,
    changes_tables,
    insert,
    is_clear,
    model,
    record_applied,
    refusal,
    snapshot,
)

pytestmark = changes_tables


@pytest.fixture
def shop(project: Project) -> Project:
    """Two applied, one of which a revert would lose values of; one pending."""
    project.migration("0001_initial", model("Item", name=models.TextField()))
    project.migration("0002_note", migrations.AddField("Item", "note", models.TextField(null=True)))
    project.migration(
        "0003_size", migrations.AddField("Item", "size", models.IntegerField(null=True))
    )
    return project


def report(*apps: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("migration_report", *apps, stdout=out, no_color=True, **options)
    return out.getvalue()


def shown(text: str) -> list[str]:
    return [line.split()[-1] for line in text.splitlines() if line.startswith("    [")]


def test_the_short_report_tells_what_is_left(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop", "0002")
        text = report()
    assert re.search(r"^  shop +2 applied, 1 pending$", text, re.MULTILINE)
    assert shown(text) == ["0003_size"]
    assert "1 operation: Add field size to Item" in text
    assert "problem" not in text


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["0001_initial", "0002_note", "0003_size"]),
        ({"pending": True}, ["0003_size"]),
        ({"applied": True}, ["0001_initial", "0002_note"]),
        ({"applied": True, "pending": True}, ["0001_initial", "0002_note", "0003_size"]),
        ({"latest": 2}, ["0002_note", "0003_size"]),
        ({"applied": True, "latest": 1}, ["0002_note"]),
        ({"ghosts": True}, []),
        ({"problems": True}, []),
        ({"since": "2999-01-01"}, ["0003_size"]),
        ({"since": "2001-01-01"}, ["0001_initial", "0002_note", "0003_size"]),
    ],
    ids=str,
)
def test_filters(shop: Project, options: dict[str, Any], names: list[str]) -> None:
    with shop.installed():
        shop.migrate("shop", "0002")
        told = report("shop", **options)
    assert shown(told) == names
    others = 3 - len(names)
    assert bool(re.search(rf"  shop +.*; {others} more$", told, re.MULTILINE)) is (0 < others < 3)


def test_since_a_commit(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    git(shop.folder, "init", "-q")
    git(shop.folder, "add", "shop/migrations/0001_initial.py")
    git(shop.folder, "commit", "-qm", "first")
    git(shop.folder, "add", "shop/migrations/0002_note.py")
    monkeypatch.chdir(shop.folder)
    with shop.installed():
        assert shown(report("shop", since="HEAD")) == ["0002_note", "0003_size"]
        message = refusal("migration_report", since="no-such-branch")
        assert message == "--since: 'no-such-branch' is neither a date nor a commit."


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def test_what_taking_back_would_lose(shop: Project) -> None:
    with shop.installed():
        shop.migrate("shop", "0002")
        insert("shop_item", id=[1, 2], name=["a", "b"], note=["x", None])
        before = snapshot()
        text = report("shop", losses=True)
        assert snapshot() == before
    assert "taking it back loses 1 value of 2 rows in" in text
    assert "taking it back loses 2 rows of" in text


def test_exit_codes(shop: Project) -> None:
    with shop.installed():
        with pytest.raises(SystemExit) as pending:
            report(check_pending=True)
        assert pending.value.code == 3
        report(check=True)
        shop.migrate("shop")
        report(check_pending=True)
        record_applied(("shop", "0004_lost"))
        with pytest.raises(SystemExit) as problem:
            report(check=True)
        assert problem.value.code == 3


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        (["nowhere"], {}, "No installed app with label 'nowhere'."),
        ([], {"databases": ["nowhere"]}, "There is no database 'nowhere' in DATABASES"),
        ([], {"since": "2026-13-01"}, "--since: 2026-13-01 is no date"),
        ([], {"output": "/nowhere/at/all"}, "Cannot write /nowhere/at/all"),
    ],
)
def test_bad_input(shop: Project, arguments: list[str], options: dict[str, Any], told: str) -> None:
    with shop.installed():
        message = refusal("migration_report", *arguments, **options)
    assert told in message
    assert is_clear(message)


@pytest.mark.engine_neutral
def test_two_databases_that_differ(shop: Project) -> None:
    databases = {
        alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(shop.folder / f"{alias}.db")}
        for alias in ("default", "copy")
    }
    shop.manage("migrate", "-v0", databases=databases)
    shop.manage("migrate", "-v0", "--database=copy", "shop", "0002", databases=databases)
    done = shop.manage("migration_report", "--all-databases", "--check", databases=databases)
    assert done.returncode == 3
    assert "different: shop.0003_size: applied on default, not on copy." in done.stdout
    assert "manage.py migrate_safe shop --database copy" in done.stdout
    assert ["shop", "3/3", "2/3", "differs"] in [line.split() for line in done.stdout.splitlines()]


@pytest.mark.engine_neutral
def test_a_database_that_does_not_answer(shop: Project) -> None:
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nowhere/at/all.db"}}
    (shop.folder / "broken.db").write_text("no database at all, but long enough to be read as one")
    databases["broken"] = {**databases["default"], "NAME": str(shop.folder / "broken.db")}
    done = shop.manage("migration_report", "--database=broken", databases=databases)
    assert done.returncode == 0, done.stderr
    assert "unreachable: The database 'broken' cannot be asked:" in done.stdout
    assert re.search(r"^  shop +3 unknown$", done.stdout, re.MULTILINE)
    assert done.stderr == ""


@pytest.mark.engine_neutral
def test_a_database_that_is_not_there_is_not_made(shop: Project) -> None:
    file = shop.folder / "absent.db"
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
    done = shop.manage("migration_report", databases=databases)
    assert re.search(r"^  shop +3 pending$", done.stdout, re.MULTILINE)
    assert not file.exists()


@pytest.mark.engine_neutral
def test_lines_fold_where_the_terminal_is_narrow(shop: Project) -> None:
    with shop.installed():
        record_applied(("shop", "0004_lost"))
        found = survey(connection)
    lines = [line.text for line in problem_lines(found.problems, 40)]
    message, remedy = lines[1:-2], lines[-2]
    assert len(message) > 1
    assert max(map(len, message)) <= 40
    assert remedy == "      git log --all --oneline -- '*/0004_lost.py'"


@pytest.mark.engine_neutral
def test_whoever_reads_may_stop_reading(shop: Project) -> None:
    shop.manage("check")  # writes the settings
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "django", "migration_report", "-v2"],
        cwd=shop.folder,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(shop.folder), str(ROOT), str(EXAMPLE)]),
            "DJANGO_SETTINGS_MODULE": "site_settings",
        },
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
