"""MIGRATION_TOOLS["PRIVATE_FIELDS"]: what it names is in no archive, whichever way things go."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations import (
    AddField,
    AlterField,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
)

from tests.archives.test_copied_runs import copies, project, safe, states
from tests.helpers import (
    Project,
    changes_tables,
    foreign_key,
    insert,
    model,
    plan,
    plan_text,
    quote,
    refusal,
    sql,
    told,
)
from tests.settings import ENGINE

__all__ = ["project"]

pytestmark = changes_tables

SECRET = "s3cret"
ARCHIVES = ["auto", "copy"]


def private(*names: str) -> dict[str, Any]:
    return {"MIGRATION_TOOLS": {"PRIVATE_FIELDS": list(names)}}


def secrets() -> list[str]:
    """Tables in which the secret still is, in whatever column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("shop", "_mt_")):
                rows = sql(f"SELECT * FROM {quote(table)}")
                found += [table] * any(SECRET in map(str, row) for row in rows)
    return found


def text(**options: Any) -> models.CharField[Any, Any]:
    return models.CharField(max_length=20, **options)


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_private_column_is_really_dropped(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Item", a=text()))
    project.migration("0002_more", AddField("Item", "pw", text(default="none")))
    project.migration("0003_other", AddField("Item", "b", text(default="none")))
    with project.installed(**private("SHOP.item.pw")):
        project.migrate("shop")
        insert("shop_item", id=[1, 2], a=["x", "y"], pw=[SECRET, "z"], b=["p", "q"])
        both = told(plan("shop", "0001"), "losses")
        assert [(loss["column"], loss["unkept"]) for loss in both] == [
            ("b", None),
            ("pw", "private"),
        ]
        assert both[0]["archive"]
        assert both[1]["archive"] is None
        assert "; not kept: private" in plan_text("shop", "0001")
        safe("shop", "0001", archive=archive)
        assert secrets() == []
        assert [column for _, column, _ in states()] == ["b"]
        safe("shop")
        assert sql("SELECT id, pw, b FROM shop_item ORDER BY id") == [
            (1, "none", "p"),
            (2, "none", "q"),
        ]


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_table_is_copied_without_its_private_columns(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Maker"))
    item = model(
        "Item",
        a=text(),
        pw=text(null=True),
        pin=text(default="0000"),
        name=text(unique=True, null=True),
        maker=foreign_key("shop.Maker"),
    )
    project.migration("0002_item", item)
    hidden = private("shop.Item.pw", "shop.Item.pin", "shop.Item.name")
    with project.installed(**hidden):
        project.migrate("shop")
        insert("shop_maker", id=[1])
        insert(
            "shop_item",
            id=[3, 4],
            a=["x", "y%s"],
            pw=[SECRET, "z"],
            pin=[SECRET, "1"],
            name=[SECRET, "n"],
            maker_id=[1, 1],
        )
        (loss,) = told(plan("shop", "0001"), "losses")
        assert (loss["archive"], loss["unkept"]) == ("copy", "private (pw, pin, name)")
        safe("shop", "0001", archive=archive)
        assert secrets() == []
        assert states() == [("table", "shop_item", "kept")]
        safe("shop")
        assert sql("SELECT id, a, pw, pin, name, maker_id FROM shop_item ORDER BY id") == [
            (3, "x", None, "0000", None, 1),
            (4, "y%s", None, "0000", None, 1),
        ]
        assert (states(), copies()) == ([("table", "shop_item", "returned")], [])


def test_private_columns_without_a_value_need_one(project: Project) -> None:
    """Said before anything is made; the copy stays."""
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=text(), pw=text()))
    with project.installed(**private("shop.Item.pw")):
        project.migrate("shop")
        insert("shop_item", id=[3, 4], a=["x", "y"], pw=[SECRET, "z"])
        safe("shop", "0001")
        message = refusal("migrate_safe", "shop", skip_checks=True, interactive=False)
        assert "shop_item cannot come back" in message
        assert "pw is private and was not kept" in message
        assert "--fill shop.item.pw=VALUE" in message
        assert "shop_item" not in connection.introspection.table_names()
        safe("shop", fill=["shop.Item.pw=100%"])
        assert sql("SELECT id, a, pw FROM shop_item ORDER BY id") == [
            (3, "x", "100%"),
            (4, "y", "100%"),
        ]


def test_a_unique_private_column_takes_no_value_for_several_rows(project: Project) -> None:
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", pw=text(unique=True)))
    with project.installed(**private("shop.Item.pw")):
        project.migrate("shop")
        insert("shop_item", id=[3, 4], pw=[SECRET, "z"])
        safe("shop", "0001")
        message = refusal(
            "migrate_safe", "shop", skip_checks=True, interactive=False, fill=["shop.item.pw=a"]
        )
        assert "it is unique" in message
        safe("shop", no_restore=True)
        assert sql("SELECT COUNT(*) FROM shop_item") == [(0,)]
        assert [state for _, _, state in states()] == ["superseded"]


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("label", ["shop.Item", "shop.Item.id"])
def test_a_private_table_is_not_kept(project: Project, label: str, archive: str) -> None:
    """Nor one whose rows are known by something private."""
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=text()))
    with project.installed(**private(label)):
        project.migrate("shop")
        insert("shop_item", id=[3], a=[SECRET])
        (loss,) = told(plan("shop", "0001"), "losses")
        assert (loss["archive"], loss["unkept"]) == (None, "private")
        safe("shop", "0001", archive=archive)
        assert (secrets(), states(), copies()) == ([], [], [])
        safe("shop")
        assert sql("SELECT COUNT(*) FROM shop_item") == [(0,)]


@pytest.mark.parametrize("archive", ARCHIVES)
def test_private_links(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Maker"))
    project.migration(
        "0002_item",
        model("Item", a=text(), makers=models.ManyToManyField("shop.Maker")),
        model("Part", makers=models.ManyToManyField("shop.Maker")),
    )
    with project.installed(**private("shop.Item.makers")):
        project.migrate("shop")
        insert("shop_maker", id=[1])
        insert("shop_item", id=[3], a=["x"])
        insert("shop_item_makers", id=[1], item_id=[3], maker_id=[1])
        insert("shop_part", id=[3])
        insert("shop_part_makers", id=[1], part_id=[3], maker_id=[1])
        unkept = {loss["table"]: loss["unkept"] for loss in told(plan("shop", "0001"), "losses")}
        assert unkept.pop("shop_item_makers") == "private"
        assert set(unkept.values()) == {None}
        safe("shop", "0001", archive=archive)
        assert sorted(table for _, table, _ in states()) == sorted(unkept)
        safe("shop")
        assert sql("SELECT COUNT(*) FROM shop_item_makers") == [(0,)]
        assert sql("SELECT COUNT(*) FROM shop_part_makers") == [(1,)]
        assert sql("SELECT a FROM shop_item") == [("x",)]


@pytest.mark.parametrize("label", ["shop.Item.v", "shop.Item.id"])
def test_changed_private_values_are_not_kept(project: Project, label: str) -> None:
    project.migration("0001_initial", model("Item", v=text(null=True)))
    project.migration("0002_short", AlterField("Item", "v", models.IntegerField(null=True)))
    with project.installed(**private(label)):
        project.migrate("shop", "0001")
        insert("shop_item", id=[1], v=["007"])
        losses = told(plan("shop"), "losses")
        assert [loss["archive"] for loss in losses] == [None] * len(losses)
        told_of = {loss["unkept"] for loss in losses}
        assert told_of == {
            "private" if label.endswith("v") else "its table's primary key is private"
        }
        safe("shop")
        assert (states(), copies()) == ([], [])
        safe("shop", "0001")
        assert sql("SELECT v FROM shop_item") == [("7",)]


def test_a_copied_column_beside_a_private_key_is_not_kept(project: Project) -> None:
    project.migration("0001_initial", CreateModel("Item", [("code", text(primary_key=True))]))
    project.migration("0002_more", AddField("Item", "b", text(default="none")))
    with project.installed(**private("shop.Item.code")):
        project.migrate("shop")
        insert("shop_item", code=[SECRET], b=["p"])
        safe("shop", "0001")
        assert (states(), copies()) == ([], [])


@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("label", ["shop.Item.pw", "shop.Item.word"])
def test_every_name_that_it_had_counts(project: Project, label: str, archive: str) -> None:
    project.migration("0001_initial", model("Item", a=text()))
    project.migration("0002_more", AddField("Item", "pw", text(default="none")))
    project.migration("0003_rename", RenameField("Item", "pw", "word"))
    with project.installed(**private(label)):
        project.migrate("shop")
        insert("shop_item", id=[1], a=["x"], word=[SECRET])
        (loss,) = told(plan("shop", "0001"), "losses")
        assert loss["unkept"] == "private"
        safe("shop", "0001", archive=archive)
        assert (states(), secrets()) == ([], [])


@pytest.mark.parametrize("archive", ARCHIVES)
def test_forwards(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Item", a=text(), pw=text(default="x")), model("Log"))
    project.migration("0002_remove", RemoveField("Item", "pw"), DeleteModel("Log"))
    with project.installed(**private("shop.Item.pw", "shop.Log")):
        project.migrate("shop", "0001")
        insert("shop_item", id=[1], a=["x"], pw=[SECRET])
        insert("shop_log", id=[1])
        safe("shop", archive=archive)
        assert (states(), secrets()) == ([], [])


def test_a_park_that_cannot_be_is_refused(project: Project) -> None:
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=text(), pw=text(default="x")))
    with project.installed(**private("shop.Item.pw")):
        project.migrate("shop")
        insert("shop_item", id=[1], a=["x"], pw=[SECRET])
        message = refusal(
            "migrate_safe",
            *("shop", "0001"),
            skip_checks=True,
            interactive=False,
            archive="park",
            allow_data_loss=True,
        )
        assert "cannot be parked" in message
        if ENGINE != "sqlite":
            assert "private (pw)" in message


@pytest.mark.parametrize("archive", ARCHIVES)
def test_an_export_leaves_out_what_became_private_later(project: Project, archive: str) -> None:
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=text(), pw=text(default="x")))
    project.migration("0003_more", AddField("Item", "word", text(default="none")))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1], a=["x"], pw=[SECRET], word=[SECRET])
        safe("shop", "0001", archive=archive)
        assert SECRET in exported(1)
        assert SECRET in exported(2)
    with project.installed(**private("shop.Item.pw", "shop.Item.word")):
        assert exported(2).split() == ["id,a", "1,x"]
        message = refusal("migration_archives", "export", "1")
        assert "private values of shop_item, which are not exported" in message
        assert "migration_archives purge 1" in message
        if ENGINE != "sqlite" and archive == "auto":
            message = refusal("migration_archives", "copy", "2")
            assert "Archive 2 is not copied: pw of shop_item is private." in message


def exported(number: int) -> str:
    out = io.StringIO()
    call_command("migration_archives", "export", str(number), stdout=out)
    return out.getvalue()
