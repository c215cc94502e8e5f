"""What a person can get wrong: one clear error line, exit code 1 (2 for usage), nothing changed."""

from __future__ import annotations

import datetime
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import migrations, models

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    insert,
    is_clear,
    losses,
    model,
    plan,
    plan_text,
    quote,
    refusal,
    snapshot,
    sql,
)
from tests.settings import ENGINE

pytestmark = changes_tables

BOTH = pytest.mark.parametrize("command", ["migration_plan", "migrate_safe"])


@pytest.fixture
def shop(project: Project) -> Iterator[Project]:
    project.migration("0001_initial", model("Item", name=models.CharField(max_length=20)))
    project.migration(
        "0002_color",
        migrations.AddField("item", "color", models.CharField(max_length=9, null=True)),
    )
    project.migration(
        "0003_one", migrations.AddField("item", "one", models.IntegerField(default=1))
    )
    with project.installed("tests.apps.no_migrations"):
        project.migrate("shop", "0002")
        insert("shop_item", name=["a", "b"], color=["red", None])
        yield project


def refused(command: str, *target: str, **options: Any) -> str:
    """The error, which is clear and after which everything is as it was."""
    before = snapshot()
    message = refusal(command, *target, **options)
    assert is_clear(message), message
    assert snapshot() == before
    return message


# --- targets ----------------------------------------------------------------------------------


TARGETS = {
    "nope": "No installed app with label 'nope'",
    "shop 0009": "Cannot find a migration matching '0009' from app 'shop'.",
    "shop 000": "More than one migration matches '000' in app 'shop'.",
    "shop ';DROP": "Cannot find a migration matching '';DROP' from app 'shop'.",
    "no_migrations": "App 'no_migrations' does not have migrations.",
    "no_migrations zero": "App 'no_migrations' does not have migrations.",
}


@BOTH
def test_targets(shop: Project, subtests: pytest.Subtests, command: str) -> None:
    for target, said in TARGETS.items():
        with subtests.test(target):
            assert said in refused(command, *target.split())


STARTS = {
    ("shop", "0009"): "Cannot find a migration matching '0009' from app 'shop'.",
    ("shop 0001", "000"): "More than one migration matches '000' in app 'shop'.",
    ("", "0001"): "--from needs an app label",
    ("nope", "0001"): "No installed app with label 'nope'.",
}


def test_starts(shop: Project, subtests: pytest.Subtests) -> None:
    for (target, start), said in STARTS.items():
        for offline in (False, True):
            with subtests.test(f"{target} from {start}", offline=offline):
                words = target.split()
                message = refused("migration_plan", *words, start=start, offline=offline)
                assert said in message


@BOTH
def test_unknown_alias(shop: Project, command: str) -> None:
    option: dict[str, Any] = {"database": "nope"}
    if command == "migration_plan":
        option = {"databases": ["default", "nope"]}
    message = refused(command, **option)
    assert message == "There is no database 'nope' in DATABASES; there is: default."


def test_no_migrations_at_all(project: Project) -> None:
    with project.installed():
        assert plan_text().endswith("\n  Nothing to do.\n")
        assert plan()["steps"] == []
        project.migrate()


# --- files ------------------------------------------------------------------------------------

WITH_DEPENDENCY = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("{}", "{}")]
"""
WITH_OPERATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0003_one")]
    operations = [migrations.{}]
"""
CIRCLE = WITH_DEPENDENCY.format("shop", "0003_one") + '    run_before = [("shop", "0001_initial")]'
NO_PARENT = "Migration shop.0004_bad dependencies reference nonexistent parent node"
HISTORIES = {
    "import": ("import not_installed", "A migration file cannot be imported ({file}:1): "),
    "syntax": ("x = (\n", "A migration file cannot be imported ({file}:1): SyntaxError: "),
    "raise": ("\n\nraise ValueError('one\\ntwo')", "imported ({file}:3): ValueError: one two"),
    "zero": ("1 / 0", "A migration file cannot be imported ({file}:1): ZeroDivisionError"),
    "empty": ("", "Migration 0004_bad in app shop has no Migration class"),
    "parent": (WITH_DEPENDENCY.format("shop", "0000_gone"), NO_PARENT),
    "app": (WITH_DEPENDENCY.format("gone", "0001_initial"), NO_PARENT),
    "circle": (CIRCLE, "These migrations depend on one another in a circle: shop."),
    "field": (
        WITH_OPERATION.format('RemoveField("item", "nope")'),
        "The history cannot be followed at shop.0004_bad, Remove field nope from item: ",
    ),
    "model": (
        WITH_OPERATION.format('AlterField("nope", "x", models.TextField())'),
        "The history cannot be followed at shop.0004_bad, Alter field x on nope: ",
    ),
}


@BOTH
def test_files(shop: Project, subtests: pytest.Subtests, command: str) -> None:
    file = shop.folder / "shop" / "migrations" / "0004_bad.py"
    for history, (text, said) in HISTORIES.items():
        with subtests.test(history):
            shop.source("0004_bad", text)
            try:
                message = refused(command)
                assert said.format(file=file) in message
                if command == "migration_plan":
                    assert message == refusal(command, offline=True)
            finally:
                shop.remove("0004_bad")


# --- servers ----------------------------------------------------------------------------------


def ends_clearly(project: Project, *arguments: str, code: int = 1, **options: Any) -> str:
    """A whole process ends with one line, or two, on stderr, and nothing else."""
    done = project.manage(*arguments, **options)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    if code == 1:
        assert done.stderr.startswith("CommandError: ")
        assert is_clear(done.stderr.removesuffix("\n")), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@BOTH
def test_server_that_does_not_answer(project: Project, command: str) -> None:
    project.migration("0001_initial", model("Item"))
    entries = {
        "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(project.folder)},
        "postgresql": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"},
        "mysql": {"ENGINE": "django.db.backends.mysql", "NAME": "x"},
    }
    entry = {**entries.get(ENGINE, entries["mysql"]), "HOST": "127.0.0.1", "PORT": "1"}
    said = ends_clearly(project, command, databases={"default": entry})
    assert "CommandError: The database 'default' cannot be reached: " in said
    assert said.endswith("  For a plan without counts:  manage.py migration_plan --offline\n")


HIDDEN = """
import sys
sys.modules.update(dict.fromkeys({drivers!r}))
DATABASES["other"] = {{"ENGINE": "django.db.backends.{backend}", "NAME": "x"}}
"""


@BOTH
def test_missing_driver(project: Project, command: str) -> None:
    project.migration("0001_initial", model("Item"))
    drivers, backend = ["MySQLdb"], "mysql"
    if ENGINE in ("mariadb", "mysql"):
        drivers, backend = ["psycopg", "psycopg2"], "postgresql"
    more = HIDDEN.format(drivers=drivers, backend=backend)
    said = ends_clearly(project, command, "--database", "other", more=more)
    assert said.startswith("CommandError: The database 'other' cannot be used: Error loading ")
    assert drivers[0] in said


@BOTH
def test_engine_that_is_none(project: Project, command: str) -> None:
    project.migration("0001_initial", model("Item"))
    entry = {"default": {"ENGINE": "no_such.backend"}}
    said = ends_clearly(project, command, databases=entry)
    assert said.startswith("CommandError: The database 'default' cannot be used: 'no_such.backend'")
    if command == "migration_plan":
        assert ends_clearly(project, command, "--offline", databases=entry) == said


@pytest.mark.parametrize(
    "usage",
    [
        ["migration_plan", "--count-timeout", "soon"],
        ["migrate_safe", "--count-timeout", "-1"],
    ],
    ids=" ".join,
)
def test_wrong_usage(project: Project, usage: list[str]) -> None:
    said = ends_clearly(project, *usage, code=2)
    assert said.startswith("usage: ")
    assert said.splitlines()[-1].startswith(f"django {usage[0]}: error: ") or "error: " in said


# --- a database that is not as its history says -----------------------------------------------


def test_table_that_is_missing(shop: Project) -> None:
    sql("DROP TABLE shop_item")
    assert codes(plan("shop", "0001")) == ["MT111 blocker"]
    assert losses(plan("shop", "0001")) == []
    assert f"blocked: table {quote('shop_item')} is not in the database" in plan_text(
        "shop", "0001"
    )
    message = refused("migrate_safe", "shop", "0001")
    assert message.startswith("The revert would stop at shop.0002_color: table ")


def test_column_that_is_missing(shop: Project) -> None:
    sql("ALTER TABLE shop_item DROP COLUMN color")
    report = plan("shop", "0001")
    assert codes(report) == ["MT112 blocker"]
    assert losses(report) == []
    shop.migration(
        "0004_alter", migrations.AlterField("item", "color", models.CharField(max_length=3))
    )
    if ENGINE == "sqlite":  # which makes the column anew, as the preview says
        assert codes(plan("shop")) == ["MT309 warning"]
        call_command("migrate_safe", "shop", "--noinput", verbosity=0)
        assert set(sql("SELECT color FROM shop_item")) == {("color",)}
        return
    assert codes(plan("shop")) == ["MT112 blocker"]
    message = refused("migrate_safe", "shop")
    assert "shop.0004_alter: column" in message
    assert quote("color") in message


def test_table_and_column_that_are_there_already(shop: Project) -> None:
    shop.migration(
        "0004_more",
        model("Extra"),
        migrations.AddField("item", "two", models.IntegerField(null=True)),
    )
    sql("CREATE TABLE shop_extra (id integer)")
    sql("ALTER TABLE shop_item ADD COLUMN two integer")
    assert codes(plan("shop")) == ["MT113 blocker", "MT114 blocker"]
    assert "shop.0004_more: table" in refused("migrate_safe", "shop")


def test_history_table_that_is_missing(shop: Project) -> None:
    sql("ALTER TABLE django_migrations RENAME TO history_kept")
    try:
        report = plan("shop")
        assert len(report["steps"]) == 3
        # Django would make everything again; color is then born in this plan.
        assert codes(report) == ["MT113 blocker"]
        assert losses(report) == []
    finally:
        sql("ALTER TABLE history_kept RENAME TO django_migrations")


# --- settings and options ---------------------------------------------------------------------


SETTINGS: list[tuple[Any, str]] = [
    ([], "The setting MIGRATION_TOOLS must be a dictionary."),
    ({"NOPE": 1}, "The setting MIGRATION_TOOLS has an unknown key 'NOPE'."),
    ({1: 1}, "The setting MIGRATION_TOOLS has an unknown key 1."),
    ({"COUNT_TIMEOUT": "60"}, "MIGRATION_TOOLS['COUNT_TIMEOUT'] must be a number of seconds"),
    ({"COUNT_TIMEOUT": -1}, "MIGRATION_TOOLS['COUNT_TIMEOUT'] must be a number of seconds"),
    ({"COUNT_TIMEOUT": float("nan")}, "MIGRATION_TOOLS['COUNT_TIMEOUT'] must be"),
    ({"COUNT_TIMEOUT": None}, "MIGRATION_TOOLS['COUNT_TIMEOUT'] must be"),
    ({"ARCHIVE": "never"}, "MIGRATION_TOOLS['ARCHIVE'] must be one of auto, park, copy."),
    ({"IGNORE_DRIFT": "old_*"}, "MIGRATION_TOOLS['IGNORE_DRIFT'] must be a list of patterns"),
    ({"IGNORE_DRIFT": ["a", ""]}, "MIGRATION_TOOLS['IGNORE_DRIFT'] must be a list of patterns"),
    ({"ALLOW_OPAQUE": "no"}, "MIGRATION_TOOLS['ALLOW_OPAQUE'] must be True or False."),
]


@BOTH
def test_settings(shop: Project, subtests: pytest.Subtests, command: str) -> None:
    for setting, said in SETTINGS:
        with subtests.test(str(setting)), shop.installed(MIGRATION_TOOLS=setting):
            message = refused(command, "shop")
            assert message.startswith(said)
            if command == "migration_plan":
                assert refused(command, "shop", check=True, count_timeout=5.0) == message
                assert refused(command, "shop", offline=True) == message


def test_settings_are_checked_with_the_project(shop: Project) -> None:
    done = shop.manage("check", more='MIGRATION_TOOLS = {"COUNT_TIMEOUT": "soon"}\n')
    assert done.returncode == 1
    assert "?: (migration_tools.E001) MIGRATION_TOOLS['COUNT_TIMEOUT'] must be" in done.stderr


def test_settings_that_are_right(shop: Project) -> None:
    for timeout in (5, 0.5, datetime.timedelta(minutes=1)):
        with shop.installed(MIGRATION_TOOLS={"COUNT_TIMEOUT": timeout, "ALLOW_OPAQUE": False}):
            assert losses(plan("shop", "0001")) == [("column", "shop_item", "color", 2, 1)]


def test_time_without_end(shop: Project) -> None:
    """More than any engine takes as a limit is no reason to count nothing."""
    for timeout in (1e9, 1e300):
        report = plan("shop", "0001", count_timeout=timeout)
        assert losses(report) == [("column", "shop_item", "color", 2, 1)]
        assert report["exact"] is True


def test_output_that_cannot_be_written(shop: Project, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    kept = sorted(os.listdir(tmp_path))
    for name in ("folder", "folder/", "missing/plan.txt", "file/plan.txt", ".", "..", "x" * 300):
        message = refused("migration_plan", "shop", output=f"{tmp_path}/{name}")
        assert message.startswith("Cannot write ")
    assert refused("migration_plan", "shop", output="/").startswith("Cannot write /: ")
    assert refused("migration_plan", "shop", output="/proc/plan.txt").startswith("Cannot write ")
    assert sorted(os.listdir(tmp_path)) == kept


def test_output_that_stops_half_way(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was there before stays whole, and nothing lies beside it."""
    file = tmp_path / "plan.txt"
    file.write_text("the plan of yesterday")
    kept = sorted(os.listdir(tmp_path))

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    message = refused("migration_plan", "shop", output=str(file))
    assert message == f"Cannot write {file}: No space left on device."
    assert sorted(os.listdir(tmp_path)) == kept
    assert file.read_text() == "the plan of yesterday"
