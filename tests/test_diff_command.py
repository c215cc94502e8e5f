"""`migration_diff`: two points of a history, and what the command line around both uses is."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.db import migrations, models
from django.utils import timezone

from tests.helpers import (
    Project,
    changes_tables,
    insert,
    is_clear,
    model,
    record_applied,
    refusal,
    snapshot,
    sql,
)
from tests.run_commands import answer

pytestmark = changes_tables


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.migration(
        "0002_more",
        migrations.AddField("item", "born", models.DateTimeField(default=timezone.now)),
        migrations.AddField("item", "tag", models.UUIDField(default=uuid.uuid4)),
        migrations.AddField("item", "color", models.CharField(max_length=9, null=True)),
        migrations.AddIndex("item", models.Index(fields=["size"], name="ix_size")),
    )
    project.migration(
        "0003_gone",
        migrations.RemoveIndex("item", "ix_size"),
        migrations.RemoveField("item", "size"),
    )


def test_two_points(project: Project) -> None:
    write_shop(project)
    with project.installed():
        text = answer("migration_diff", "shop", "0001", "0002")
        added = [line[1:].split() for line in text.splitlines() if line.startswith("+ ")]
        backwards = answer("migration_diff", "shop", "0002", "0001")
    assert text.startswith("--- shop 0001_initial\n+++ shop 0002_more\n")
    names = {"born", "tag", "color", "INDEX"}
    assert {words[0].strip('"`') for words in added} == names
    assert "ADD COLUMN" in text or "new__shop_item" in text
    removed = [line[1:].split() for line in backwards.splitlines() if line.startswith("- ")]
    assert sorted(removed) == sorted(added)
    assert "-- shop.0002_more (unapply)" in backwards


def test_two_runs_say_the_same(project: Project) -> None:
    """Also of defaults that are never the same twice."""
    write_shop(project)
    with project.installed():
        once, again = (answer("migration_diff", "shop", "zero", "latest") for _ in range(2))
    assert once == again
    assert "2000-01-01" in once


def test_the_ends(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0002")
        assert "--- shop applied\n+++ shop latest\n" in answer("migration_diff")
        assert "-- shop.0003_gone" in answer("migration_diff")
        assert answer("migration_diff", "shop", "applied", "0002") == (
            "No difference between applied and 0002_more.\n"
        )
        assert answer("migration_diff", "zero", "applied") == answer(
            "migration_diff", "shop", "zero", "applied"
        )
        report = json.loads(answer("migration_diff", "shop", "zero", "latest", format="json"))
        assert [step["name"] for step in report["steps"]] == [
            "0001_initial",
            "0002_more",
            "0003_gone",
        ]
        # The project has no models.py, so that what the models want is no table at all.
        models_end = answer("migration_diff", "shop", "latest", "models")
        assert "DROP TABLE" in models_end
        project.migrate("shop")
        assert answer("migration_diff") == "No difference between applied and latest.\n"


def test_check(project: Project) -> None:
    write_shop(project)
    with project.installed():
        with pytest.raises(SystemExit) as ended:
            answer("migration_diff", check=True)
        assert ended.value.code == 3
        project.migrate()
        answer("migration_diff", check=True)
        answer("migration_diff", live=True, check=True)
        sql("ALTER TABLE shop_item ADD COLUMN more integer")
        with pytest.raises(SystemExit) as ended:
            answer("migration_diff", live=True, check=True)
        assert ended.value.code == 3


def test_without_a_server(project: Project) -> None:
    write_shop(project)
    # The one server whose driver every environment of the tests has.
    nowhere = {"default": {"ENGINE": "django.db.backends.oracle", "NAME": "x", "HOST": "127.0.0.9"}}
    done = project.manage(
        "migration_diff", "shop", "zero", "latest", "--vendor=sqlite", databases=nowhere
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        'CREATE TABLE "shop_item" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT' in done.stdout
    )


@pytest.mark.parametrize(
    ("points", "options"),
    [
        (("shop", "0001", "0002", "0003"), {}),
        (("shop", "0009", "latest"), {}),
        (("nowhere", "0001", "latest"), {}),
        (("shop", "models", "0001"), {}),
        (("0001", "0002"), {}),
        (("shop", "0001"), {"live": True}),
        (("shop",), {"vendor": "sqlite"}),
        (("shop",), {"database": "nowhere"}),
    ],
)
def test_bad_input(project: Project, points: tuple[str, ...], options: dict[str, Any]) -> None:
    write_shop(project)
    with project.installed():
        assert is_clear(refusal("migration_diff", *points, **options))


# --- drift: causes, and what is no drift ------------------------------------------------------


def differences(**options: Any) -> list[dict[str, Any]]:
    report = json.loads(answer("migration_diff", live=True, format="json", **options))
    told: list[dict[str, Any]] = report["differences"]
    return told


def test_likely_causes(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0001")
        record_applied(("shop", "0002_more"))
        faked = {d["name"]: d["cause"] for d in differences()}
        assert set(faked) == {"born", "tag", "color", "ix_size"}
        assert all(
            cause.startswith("shop.0002_more is recorded as applied") for cause in faked.values()
        )
        record_applied(("shop", "0002_more"), applied=False)
        project.migrate("shop", "0002")
        record_applied(("shop", "0002_more"), applied=False)
        assert {d["cause"].partition(" makes")[0] for d in differences()} == {"shop.0002_more"}
        record_applied(("shop", "0000_ghost"))
        sql("ALTER TABLE shop_item ADD COLUMN spook integer")
        (spook,) = [d for d in differences() if d["name"] == "spook"]
        assert "shop.0000_ghost" in spook["cause"]


def test_what_is_not_djangos(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate()
        sql("CREATE VIEW seen AS SELECT 1 AS a")
        sql("CREATE TABLE of_nobody (a integer)")
        sql("CREATE TABLE _mt_7_shop_item (a integer)")
        sql("CREATE TABLE migration_tools_anything (a integer)")
        sql("ALTER TABLE shop_item ADD COLUMN _mt_7_color integer")
        report = json.loads(answer("migration_diff", live=True, format="json"))
    assert report["differences"] == []
    of_the_settings = ("auth_", "django_")
    others = [o for o in report["others"] if not o["name"].startswith(of_the_settings)]
    assert sorted((o["kind"], o["name"]) for o in others) == [
        ("archive of migrate_safe", "_mt_7_color in shop_item"),
        ("archive of migrate_safe", "_mt_7_shop_item"),
        ("table", "of_nobody"),
        ("view", "seen"),
    ]


def test_what_a_run_has_archived_is_no_drift(project: Project) -> None:
    write_shop(project)
    with project.installed("Cars"):  # it has models, of which `migrate` tells
        project.migrate("shop", "0002")
        insert("shop_item", size=[7], born=["2020-01-01"], tag=["0" * 32], color=["red"])
        for target in ("0001", "0002", "zero", "0002"):
            words = {"interactive": False, "allow_data_loss": True}
            answer("migrate_safe", "shop", target, verbosity=0, **words)
            report = json.loads(answer("migration_diff", live=True, format="json"))
            assert report["differences"] == [], target
            kept = {o["kind"] for o in report["others"] if "_mt_" in o["name"]}
            assert kept <= {"archive of migrate_safe"}


def test_nothing_is_written(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0002")
        insert("shop_item", size=[7], born=["2020-01-01"], tag=["0" * 32])
        before = snapshot()
        answer("migration_diff")
        answer("migration_diff", live=True)
        answer("migration_diff", "shop", "0001", "models")
        assert snapshot() == before


def test_a_file_stays_as_it_is(project: Project) -> None:
    write_shop(project)
    file = project.folder / "site.sqlite3"
    entry = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
    assert project.manage("migrate", "shop", "0002", databases=entry).returncode == 0
    before = file.read_bytes(), file.stat().st_mtime_ns
    for words in (["--live"], [], ["shop", "zero", "models"]):
        done = project.manage("migration_diff", *words, databases=entry)
        assert (done.returncode, done.stderr) == (0, "")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
