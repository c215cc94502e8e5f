"""``migration_plan``: what it plans, how it says it, and its exit codes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models

from tests.contract import breaches
from tests.helpers import (
    Project,
    changes_tables,
    codes,
    django_plan,
    insert,
    labels,
    losses,
    model,
    nothing,
    our_plan,
    plan,
    plan_text,
    snapshot,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

Golden = Callable[[str, str], None]


@pytest.fixture
def shop(project: Project) -> Iterator[Project]:
    """Two of three migrations applied, and rows in their table."""
    project.migration("0001_initial", model("Item", name=models.CharField(max_length=20)))
    project.migration(
        "0002_item_color",
        migrations.AddField("item", "color", models.CharField(max_length=9, null=True)),
    )
    project.migration("0003_no_color", migrations.RemoveField("item", "color"))
    with project.installed():
        project.migrate("shop", "0002")
        insert("shop_item", name=["a", "b", "c"], color=["red", None, "blue"])
        yield project


# --- targets ----------------------------------------------------------------------------------


def test_pending_migrations_by_default(shop: Project) -> None:
    report = plan()
    assert labels(report) == ["shop.0003_no_color"]
    assert losses(report) == [("column", "shop_item", "color", 3, 2)]


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        (["shop"], [("shop.0003_no_color", False)]),
        (["shop", "0003"], [("shop.0003_no_color", False)]),
        (["shop", "0002"], []),
        (["shop", "0001"], [("shop.0002_item_color", True)]),
        (["shop", "zero"], [("shop.0002_item_color", True), ("shop.0001_initial", True)]),
    ],
    ids=str,
)
def test_any_target(shop: Project, target: list[str], steps: list[tuple[str, bool]]) -> None:
    assert our_plan(*target) == steps


def test_the_way_back_is_in_the_order_in_which_it_runs(shop: Project) -> None:
    report = plan("shop", "zero")
    assert losses(report) == [
        ("column", "shop_item", "color", 3, 2),
        ("table", "shop_item", None, 3, None),
    ]
    assert report["totals"] == {
        "losses": 2, "rows": 3, "values": 2, "fills": 0, "blockers": 0, "unknown": 0
    }  # fmt: skip


CONTRIB = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sites")
TARGETS = [
    (),
    ("auth",),
    ("auth", "zero"),
    ("auth", "0003"),
    ("auth", "0012"),
    ("contenttypes", "zero"),
    ("contenttypes", "0001"),
    ("sites",),
    ("sites", "0001"),
    ("sites", "zero"),
    ("every_operation",),
    ("every_operation", "zero"),
    ("every_operation", "0001"),
    ("every_operation", "0007_rename"),
    ("every_operation", "0008"),
    ("every_operation", "0012"),
    ("neighbour", "zero"),
    ("neighbour",),
]


def test_the_plan_is_the_one_of_migrate(project: Project) -> None:
    with project.installed(*CONTRIB, "tests.apps.every_operation", "tests.apps.neighbour"):
        project.migrate("every_operation", "0008", fake=True)
        ours = {target: our_plan(*target) for target in TARGETS}
        assert ours == {target: django_plan(*target) for target in TARGETS}
    # The comparison means something: there are long plans both ways among them, and empty ones.
    assert len(ours["every_operation", "zero"]) > 8
    assert all(backwards for _, backwards in ours["auth", "zero"])
    assert ours["every_operation", "0008"] == []


def test_from_another_start(shop: Project) -> None:
    report = plan("shop", "0003", start="0001")
    (note,) = report["notes"]
    assert note.startswith("Planned as if shop were at 0001, which this database is not: ")
    assert plan("shop", "0003", start="0002")["notes"] == []
    assert labels(report) == ["shop.0002_item_color", "shop.0003_no_color"]
    # Color is born in this plan; that the table has it already is no obstacle to a supposition.
    assert losses(report) == []
    assert codes(report) == []
    assert our_plan("shop", "0001", start="0003") == [
        ("shop.0003_no_color", True),
        ("shop.0002_item_color", True),
    ]
    assert our_plan("shop", start="zero") == [
        (f"shop.{name}", False) for name in ("0001_initial", "0002_item_color", "0003_no_color")
    ]


# --- databases --------------------------------------------------------------------------------

ABSENT = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "absent.sqlite3"}}
OTHER = 'DATABASES["other"] = {"ENGINE": "django.db.backends.sqlite3", "NAME": "other.sqlite3"}\n'


def test_several_databases(shop: Project) -> None:
    one = shop.manage("migration_plan", "--database", "other", "--format", "json", more=OTHER)
    assert json.loads(one.stdout)["database"]["alias"] == "other", one.stderr
    both = ("--database", "other", "--database", "default")
    named = shop.manage("migration_plan", *both, "--format", "json", more=OTHER)
    assert [report["database"]["alias"] for report in json.loads(named.stdout)] == [
        "other",
        "default",
    ]
    assert all(breaches(report) == [] for report in json.loads(named.stdout))
    every = shop.manage("migration_plan", "--all-databases", more=OTHER)
    assert [line.split(" (")[0] for line in every.stdout.splitlines() if "(SQLite" in line][
        -1:
    ] == ["Apply 3 steps on other"]
    assert " on default (" in every.stdout
    # A database that does not exist yet is planned for, and not made.
    assert not (shop.folder / "other.sqlite3").exists()


# --- text -------------------------------------------------------------------------------------


def test_text_when_there_is_nothing_to_do(shop: Project) -> None:
    text = plan_text("shop", "0002")
    assert re.fullmatch(r"Apply 0 steps on default \(.*\)\n\n  Nothing to do\.\n", text)


def test_the_heading_says_which_database(shop: Project) -> None:
    settings = connection.settings_dict
    host = f" at {settings['HOST']}" if settings["HOST"] else ""
    version = ".".join(map(str, connection.get_database_version()))
    where = f"{connection.display_name} {version}, {settings['NAME']}{host}"
    assert plan_text("shop", "0001").splitlines()[0] == (
        f"Revert shop to 0001_initial in 1 step on default ({where})"
    )


# --- JSON -------------------------------------------------------------------------------------


def test_json_of_unknown_numbers_is_null(shop: Project) -> None:
    (loss,) = told(plan("shop", "0001", offline=True, start="0002"), "losses")
    assert (loss["rows"], loss["values"], loss["exactness"]) == (None, None, "unknown")


def test_the_index_is_the_place_in_the_file(project: Project) -> None:
    project.migration("0001_initial", model("One"), model("Two"), model("Three"))
    with project.installed():
        project.migrate("shop")
        (step,) = plan("shop", "zero")["steps"]
    assert [part["index"] for part in step["operations"]] == [2, 1, 0]
    assert step["operations"][0]["description"] == "Create model Three"
    assert step["operations"][0]["losses"] == []  # the table is empty


# --- exit codes -------------------------------------------------------------------------------


def status(*target: str, **options: Any) -> int:
    try:
        plan_text(*target, check=True, **options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_check_finds_a_loss(shop: Project) -> None:
    assert status("shop", "0001") == 3
    assert status("shop", "0002") == 0


def test_check_finds_what_could_not_be_counted(shop: Project) -> None:
    assert status("shop", "0001", offline=True, start="0002") == 3
    assert status("shop", "0001", count_timeout=0) == 3


def test_check_lets_pass_what_loses_nothing(shop: Project) -> None:
    sql("DELETE FROM shop_item")
    assert status("shop", "zero") == 0


def test_check_finds_a_blocker(project: Project) -> None:
    project.migration("0001_initial", model("Item", code=models.IntegerField()))
    project.migration(
        "0002_unique", migrations.AlterField("item", "code", models.IntegerField(unique=True))
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", code=[1, 2])
        assert status("shop") == 0
        insert("shop_item", code=[1])
        assert codes(plan("shop")) == ["MT108 blocker"]
        assert status("shop") == 3


def test_check_and_code_that_nobody_can_look_into(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration("0002_code", migrations.RunPython(nothing, nothing))
    with project.installed():
        project.migrate("shop", "0001")
        assert status("shop") == 3
        assert status("shop", allow_opaque=True) == 0
    with project.installed(MIGRATION_TOOLS={"ALLOW_OPAQUE": True}):
        assert status("shop") == 0


def test_check_of_several_databases_finds_the_one(shop: Project) -> None:
    found = shop.manage("migration_plan", "--all-databases", "--check", "shop", "0003", more=OTHER)
    expected = 0 if ENGINE == "sqlite" else 3  # SQLite's own database is in the memory of this one
    assert found.returncode == expected, found.stderr
    assert found.stderr == ""
    assert "Fingerprint" in found.stdout


# --- where the report goes --------------------------------------------------------------------


def test_output_to_a_file(
    shop: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.json"
    file.write_text("an older and much longer report" * 1000)
    assert plan_text("shop", "0001", format="json", output=str(file)) == ""
    assert json.loads(file.read_text()) == plan("shop", "0001")
    plan_text("shop", "0001", output=str(file))
    assert file.read_text() == plan_text("shop", "0001")
    assert [path.name for path in tmp_path.iterdir() if "plan" in path.name] == ["plan.json"]
    assert capsys.readouterr() == ("", "")


def test_output_through_a_link_and_to_what_is_no_file(shop: Project, tmp_path: Path) -> None:
    file, link, pipe = tmp_path / "plan.txt", tmp_path / "link.txt", tmp_path / "pipe"
    file.write_text("")
    link.symlink_to(file)
    plan_text("shop", "0001", output=str(link))
    assert link.is_symlink()
    assert file.read_text() == plan_text("shop", "0001")
    # As /dev/stdout and /dev/null are: written to, never replaced.
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        plan_text("shop", "0001", output=str(pipe))
        assert os.read(reader, 100_000).decode() == plan_text("shop", "0001")
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    done = shop.manage("migration_plan", "--output", "/dev/stdout", databases=ABSENT)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Apply 3 steps on default (")
    assert Path("/dev/stdout").is_symlink()


def test_output_and_check_together(shop: Project, tmp_path: Path) -> None:
    file = tmp_path / "plan.txt"
    assert status("shop", "0001", output=str(file)) == 3
    assert "loses 2 values of 3 rows" in file.read_text()


# --- what it leaves alone ---------------------------------------------------------------------


def test_nothing_is_written(shop: Project) -> None:
    before = snapshot()
    for target in [(), ("shop", "zero"), ("shop", "0001")]:
        plan_text(*target)
    assert snapshot() == before


def test_no_system_check_runs(shop: Project) -> None:
    """They cost the import of the URLconf, which here is not even there."""
    broken = 'ROOT_URLCONF = "not_there"\n'
    assert "not_there" in shop.manage("check", more=broken).stderr
    planned = shop.manage("migration_plan", more=broken)
    assert (planned.returncode, planned.stderr) == (0, "")


def test_no_code_of_the_project_runs(project: Project) -> None:
    project.source(
        "0001_initial",
        """
from django.db import migrations

def fail(apps, editor):
    raise AssertionError("This must not run.")

class Migration(migrations.Migration):
    operations = [
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(fail, fail)]),
        migrations.RunPython(fail, fail),
        migrations.RunSQL("this is no SQL", "neither is this"),
    ]
""",
    )
    with project.installed():
        call_command("migrate", "shop", fake=True, verbosity=0, skip_checks=True)
        for target in ("zero", "0001"):
            assert [
                part["opaque"]
                for step in plan("shop", target, start="zero" if target == "0001" else None)[
                    "steps"
                ]
                for part in step["operations"]
            ] == [True] * 3
