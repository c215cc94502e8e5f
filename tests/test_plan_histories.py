"""``migration_plan`` inside projects whose history, models or routers are not plain.

A clear note where `migrate` itself would stop or be wrong, never a traceback; and the right plan.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, migrations, models

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    django_plan,
    foreign_key,
    insert,
    labels,
    losses,
    model,
    nothing,
    our_plan,
    plan,
    plan_text,
    record_applied,
    refusal,
    told,
)

pytestmark = changes_tables


def same_as_django(*targets: tuple[str, ...]) -> None:
    for target in targets:
        assert our_plan(*target) == django_plan(*target), target


# --- what `migrate` refuses -------------------------------------------------------------------


def test_inconsistent_history(project: Project) -> None:
    with project.installed("tests.apps.inconsistent"):
        project.migrate("inconsistent", "0001", fake=True)
        record_applied(("inconsistent", "0003_thing_weight"))
        report = plan()
        (note,) = report["notes"]
        assert note.startswith("Inconsistent history: Migration inconsistent.0003_thing_weight is ")
        assert note.endswith("`migrate` refuses this.")
        assert "before its dependency inconsistent.0002_thing_size" in note
        assert labels(plan("inconsistent", "0002")) == ["inconsistent.0002_thing_size"]
        assert f"  Note: {note}\n" in plan_text()
        assert our_plan("inconsistent", "zero") == [
            ("inconsistent.0003_thing_weight", True),
            ("inconsistent.0001_initial", True),
        ]
        assert "is applied before its dependency" in refusal("migrate_safe")


def test_two_leaves(project: Project) -> None:
    with project.installed("tests.apps.conflict"):
        report = plan()
        (note,) = report["notes"]
        assert note.startswith("Conflicting migrations in conflict: 0002_left, 0002_right. ")
        assert note.endswith("`migrate` refuses this; run makemigrations --merge.")
        assert labels(report) == [
            "conflict.0001_initial",
            "conflict.0002_left",
            "conflict.0002_right",
        ]
        assert labels(plan("conflict", "0002_left")) == labels(report)[:2]
        record_applied(
            *(("conflict", name) for name in ("0001_initial", "0002_left", "0002_right"))
        )
        assert set(our_plan("conflict", "0001")) == {
            ("conflict.0002_left", True),
            ("conflict.0002_right", True),
        }
        assert "Conflicting migrations detected" in refusal("migrate_safe")


# --- what has no file, or stands for others ---------------------------------------------------


def test_applied_without_a_file(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration(
        "0002_color", migrations.AddField("item", "color", models.TextField(null=True))
    )
    with project.installed():
        project.migrate("shop")
        record_applied(("shop", "0003_lost"), ("gone_app", "0001_initial"))
        insert("shop_item", color=["red"])
        report = plan("shop", "zero")
        assert report["notes"] == [
            "Applied, but without a file: shop.0003_lost. What they did is not in this plan."
        ]
        assert len(losses(report)) == 2
        same_as_django((), ("shop", "zero"), ("shop", "0001"))


def test_nothing_is_noted_where_nothing_is_odd(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    with project.installed("django.contrib.contenttypes", "django.contrib.auth"):
        record_applied(("gone_app", "0001_initial"))  # an app that was uninstalled
        assert plan()["notes"] == []


SQUASHED = "0001_squashed_0003_thing_weight"


@pytest.mark.parametrize("applied", [0, 1, 2, 3, "squashed"], ids=str)
def test_squashed(project: Project, applied: Any) -> None:
    """With none, some or all of what it replaces applied, or the squashed migration itself."""
    replaced = ["0001_initial", "0002_thing_size", "0003_thing_weight"]
    names = replaced[:applied] if isinstance(applied, int) else [*replaced, SQUASHED]
    with project.installed("tests.apps.squashed"):
        record_applied(*(("squashed", name) for name in names))
        same_as_django(
            (),
            ("squashed",),
            ("squashed", "zero"),
            ("squashed", "0004"),
            ("squashed", "0001_squashed"),
        )
        if applied in (1, 2):
            same_as_django(("squashed", "0001_initial"), ("squashed", "0003"))
        report = plan("squashed")
        assert report["notes"] == []
        missing = {0: [SQUASHED], 1: replaced[1:], 2: replaced[2:]}.get(applied, [])
        assert labels(report) == [f"squashed.{name}" for name in (*missing, "0004_thing_price")]


def test_squashed_and_the_replaced_files_are_gone(project: Project) -> None:
    project.migration(
        "0001_squashed",
        model("Item", size=models.IntegerField(null=True)),
        replaces=[("shop", "0001_initial"), ("shop", "0002_size")],
    )
    with project.installed():
        record_applied(("shop", "0001_initial"), ("shop", "0002_size"))
        same_as_django((), ("shop", "zero"))
        assert plan("shop", "zero")["notes"] == []
        assert labels(plan("shop", "zero")) == ["shop.0001_squashed"]


def test_losses_of_a_squashed_migration_are_counted(project: Project) -> None:
    with project.installed("tests.apps.squashed"):
        project.migrate("squashed", "0001_squashed")
        insert("squashed_thing", name=["a", "b"], size=[1, 2], weight=[3, 4])
        assert losses(plan("squashed", "zero")) == [("table", "squashed_thing", None, 2, None)]


# --- models that no migration makes -----------------------------------------------------------


def test_apps_without_migrations(project: Project) -> None:
    project.migration(
        "0001_initial",
        model("Item", thing=foreign_key("no_migrations.thing", null=True)),
        after=[("no_migrations", "__first__")],
    )
    with project.installed("tests.apps.no_migrations"):
        project.migrate(run_syncdb=True)
        insert("no_migrations_thing", id=[7], name=["a"])
        insert("shop_item", thing_id=[7, None])
        same_as_django((), ("shop", "zero"))
        report = plan("shop", "zero")
        assert losses(report) == [("table", "shop_item", None, 2, None)]
        assert "App 'no_migrations' does not have migrations." in refusal(
            "migration_plan", "no_migrations"
        )


def test_a_user_model_of_the_projects_own(project: Project) -> None:
    own = {"AUTH_USER_MODEL": "swapped_user.Person"}
    contrib = ("django.contrib.contenttypes", "django.contrib.auth")
    with project.installed(*contrib, "tests.apps.swapped_user", **own):
        project.migrate("swapped_user")
        insert("swapped_user_person", id=[1, 2], email=["a@b.c", "d@e.f"], password=["", ""])
        insert("swapped_user_diary", text=["dear"], owner_id=[1])
        same_as_django((), ("swapped_user", "zero"), ("swapped_user", "0001"), ("auth", "zero"))
        assert losses(plan("swapped_user", "zero")) == [
            ("table", "swapped_user_diary", None, 1, None),
            ("table", "swapped_user_person", None, 2, None),
        ]
        # The swapped-out model of auth has no table, so nothing of it can be lost.
        tables = {loss["table"] for loss in told(plan("auth", "zero"), "losses")}
        assert "auth_user" not in tables


# --- routers ----------------------------------------------------------------------------------


def test_a_router_keeps_a_model_away(project: Project) -> None:
    routers = ["tests.apps.routed.routers.KeepAway"]
    with project.installed("tests.apps.routed", DATABASE_ROUTERS=routers):
        project.migrate("routed", "0001")
        insert("routed_open", name=["a", "b"])
        assert "routed_secret" not in connection.introspection.table_names()
        same_as_django((), ("routed", "zero"))
        report = plan("routed")
        # Nothing about the secret model: its code and SQL do not run here.
        assert losses(report) == [("table", "routed_open", None, 2, None)]
        assert codes(report) == []
        assert [part["opaque"] for part in report["steps"][0]["operations"]] == [False] * 6
        assert losses(plan("routed", "zero")) == [("table", "routed_open", None, 2, None)]


def test_a_router_keeps_everything_away(project: Project) -> None:
    routers = ["tests.apps.routed.routers.KeepAllAway"]
    with project.installed("tests.apps.routed", DATABASE_ROUTERS=routers):
        project.migrate("routed")
        same_as_django((), ("routed", "zero"), ("routed", "0001"))
        report = plan("routed", "zero")
        assert len(report["steps"]) == 2
        assert (losses(report), codes(report)) == ([], [])


def test_hints_of_code_reach_the_router(project: Project) -> None:
    project.write(
        "gates.py",
        "class Gate:\n"
        "    def allow_migrate(self, db, app_label, **hints):\n"
        "        return hints.get('where') != 'elsewhere'\n",
    )
    project.migration(
        "0001_initial",
        migrations.RunPython(nothing, nothing, hints={"where": "elsewhere"}),
        migrations.RunPython(nothing, nothing, hints={"where": "here"}),
    )
    with project.installed(DATABASE_ROUTERS=["gates.Gate"]):
        (step,) = plan("shop")["steps"]
        assert [part["opaque"] for part in step["operations"]] == [False, True]


# --- steps that have no way back --------------------------------------------------------------


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_irreversible_steps(project: Project, number: int) -> None:
    with project.installed("tests.apps.irreversible"):
        project.migrate("irreversible", f"000{number}")
        report = plan("irreversible", f"000{number - 1}")
        assert [step["reversible"] for step in report["steps"]] == [False]
        assert codes(report) == ["MT101 blocker"]
        same_as_django(("irreversible", f"000{number - 1}"))
        message = refusal("migrate_safe", "irreversible", "0001", interactive=False)
        assert "has no way back" in message
        assert "Nothing was changed." in message
