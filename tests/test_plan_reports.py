"""The reports of ``migration_plan`` on the example project, as text and as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from django.db import connection, migrations, models

from tests.contract import breaches
from tests.helpers import (
    Project,
    changes_tables,
    insert,
    model,
    nothing,
    plan,
    plan_text,
    sql,
)
from tests.settings import ENGINE

pytestmark = changes_tables

CONTRIB = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sites")

Golden = Callable[[str, str], None]


def neutral(text: str, project: Project) -> str:
    """Without what differs from machine to machine: the server, and where the files lie."""
    text = re.sub(r"(?m)^(\w.* on \w+) \(.*\)$", r"\1 (DATABASE)", text)
    text = text.replace(str(project.folder), "PROJECT")
    return re.sub(r"\(/\S*/(tests/\S+):\d+\)", r"(\1)", text)


def cars(project: Project, *weights: str) -> None:
    """The example project with three cars and an owner; 0003 is applied."""
    project.migrate("Cars")
    insert(
        "Cars_specs",
        name=["Beetle", "Ami", "Panda"],
        price=[Decimal("1200.50"), Decimal("900"), Decimal("4000.25")],
        weight=[Decimal(weight) for weight in weights],
        color=["green", None, None],
    )
    insert(
        "Cars_owner",
        name=["Ada"],
        car_id=[
            sql('SELECT MIN(id) FROM "Cars_specs"'.replace('"', connection.ops.quote_name("x")[0]))[
                0
            ][0]
        ],
    )


def test_text_of_a_revert(project: Project, golden: Golden) -> None:
    with project.installed("Cars"):
        cars(project, "820.250", "-1.5", "1000")
        text = plan_text("Cars", "0001")
    golden(f"plan_revert.{ENGINE}", neutral(text, project))


def test_text_of_a_revert_without_a_database(project: Project, golden: Golden) -> None:
    quote = connection.ops.quote_name("x")[0]
    with project.installed("Cars"):
        text = plan_text("Cars", "0001", offline=True)
    golden("plan_revert_offline", neutral(text, project).replace(quote, '"'))


def test_text_of_what_is_pending(project: Project, golden: Golden) -> None:
    quote = connection.ops.quote_name("x")[0]
    project.migration(
        "0001_initial",
        model(
            "Item",
            name=models.CharField(max_length=20, null=True),
            size=models.IntegerField(null=True),
        ),
        model("Draft"),
    )
    project.migration(
        "0002_changes",
        migrations.AlterField("item", "size", models.IntegerField(default=7)),
        migrations.AlterField("item", "name", models.CharField(max_length=20)),
        migrations.AddField("item", "code", models.IntegerField(default=1, unique=True)),
    )
    project.migration("0003_nothing")
    project.migration(
        "0004_opaque", migrations.RunPython(nothing, nothing), migrations.RunSQL("CALL do_it()")
    )
    project.migration("0005_no_draft", migrations.DeleteModel("Draft"))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", name=["a", None], size=[None, 2])
        insert("shop_draft", id=[1, 2, 3])
        text = plan_text()
    text = neutral(text, project).replace(quote, '"')
    golden("plan_pending", text.replace("; parked", "; copied"))  # as the engine keeps it


def test_json_keeps_the_contract(project: Project) -> None:
    with project.installed(*CONTRIB, "Cars", "tests.apps.irreversible"):
        cars(project, "820.250", "-1.5", "1000")
        project.migrate("irreversible", fake=True)
        for target in [(), ("Cars", "zero"), ("irreversible", "zero"), ("auth", "zero")]:
            for offline in (False, True):
                report = plan(*target, offline=offline)
                assert breaches(report) == []
        assert len(plan("Cars", "zero")["steps"]) == 3
