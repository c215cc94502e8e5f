"""Where it is counted: under the names, and of the values, that are there today."""

from __future__ import annotations

from django.db import migrations, models

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    counting,
    foreign_key,
    insert,
    losses,
    model,
    plan,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

TEXT = models.CharField(max_length=20, null=True)
NUMBER = models.IntegerField(null=True)


def test_renames_are_followed(project: Project) -> None:
    project.migration(
        "0001_initial",
        model("Item", color=TEXT, size=NUMBER, link=foreign_key("shop.item", null=True)),
    )
    project.migration(
        "0002_names",
        migrations.RenameField("item", "color", "paint"),
        migrations.RenameModel("Item", "Product"),
        migrations.AlterField(
            "product", "size", models.IntegerField(null=True, db_column="extent")
        ),
        migrations.AlterModelTable("product", "goods"),
    )
    project.migration(
        "0003_gone",
        migrations.RemoveField("product", "paint"),
        migrations.RemoveField("product", "size"),
        migrations.DeleteModel("Product"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], color=["red", None], size=[1, 2], link_id=[None, 1])
        assert losses(plan("shop")) == [
            ("column", "shop_item", "color", 2, 1),
            ("column", "shop_item", "size", 2, 2),
            ("table", "shop_item", None, 2, None),
        ]
        assert losses(plan("shop", "0002")) == []
        project.migrate("shop", "0002")
        assert losses(plan("shop", "0001")) == []
        assert losses(plan("shop", "zero")) == [("table", "goods", None, 2, None)]
        assert losses(plan("shop", "0003"))[:2] == [
            ("column", "goods", "paint", 2, 1),
            ("column", "goods", "extent", 2, 2),
        ]


def test_names_that_change_places(project: Project) -> None:
    project.migration("0001_initial", model("One", a=NUMBER, b=NUMBER), model("Two"))
    project.migration(
        "0002_swap",
        migrations.RenameField("one", "a", "c"),
        migrations.RenameField("one", "b", "a"),
        migrations.RenameField("one", "c", "b"),
        migrations.RenameModel("One", "Three"),
        migrations.RenameModel("Two", "One"),
    )
    project.migration(
        "0003_gone", migrations.RemoveField("three", "a"), migrations.DeleteModel("One")
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_one", a=[1, 2, 3], b=[None, None, 1])
        insert("shop_two", id=[1, 2])
        assert losses(plan("shop")) == [
            ("column", "shop_one", "b", 3, 1),
            ("table", "shop_two", None, 2, None),
        ]


def test_two_changes_of_one_column(project: Project) -> None:
    """The second one meets what the first has left."""
    project.migration(
        "0001_initial", model("Item", price=models.DecimalField(max_digits=7, decimal_places=3))
    )
    project.migration(
        "0002_price",
        migrations.AlterField("item", "price", models.DecimalField(max_digits=7, decimal_places=2)),
        migrations.RenameField("item", "price", "cost"),
        migrations.AlterField("item", "cost", models.IntegerField()),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", price=["1.004", "2.500", "3.000"])
        report = plan("shop")
    if ENGINE == "sqlite":
        assert losses(report) == []
    else:
        # 1.004 becomes 1.00, which is an integer; 2.500 is kept by the first change.
        assert losses(report) == [
            ("values", "shop_item", "price", 3, 1),
            ("values", "shop_item", "price", 3, 1),
        ]


def test_a_table_dropped_and_made_again(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=NUMBER))
    project.migration(
        "0002_again",
        migrations.RemoveField("item", "size"),
        migrations.AddField("item", "size", NUMBER.clone()),
        migrations.AlterField("item", "size", models.SmallIntegerField(default=1)),
        migrations.DeleteModel("Item"),
        model("Item", size=NUMBER),
        migrations.RemoveField("item", "size"),
        migrations.DeleteModel("Item"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", size=[1, None, 3])
        report = plan("shop")
    assert losses(report) == [
        ("column", "shop_item", "size", 3, 2),
        ("table", "shop_item", None, 3, None),
    ]
    assert codes(report) == []


def test_what_is_born_in_the_plan_has_nothing_to_lose(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration(
        "0002_short_lives",
        model("Mayfly", size=NUMBER, items=models.ManyToManyField("shop.item")),
        migrations.AlterField("mayfly", "size", models.IntegerField(default=1, unique=True)),
        migrations.RemoveField("mayfly", "size"),
        migrations.RenameModel("Mayfly", "Dayfly"),
        migrations.DeleteModel("Dayfly"),
        migrations.AddField("item", "size", NUMBER),
        migrations.RemoveField("item", "size"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2])
        report, queries = counting("shop")
    assert (losses(report), codes(report), queries) == ([], [], [])


def test_a_key_of_several_columns(project: Project) -> None:
    """Rows minus distinct keys; a key with a NULL in it repeats nothing."""
    project.migration("0001_initial", model("Item", a=NUMBER, b=TEXT))
    project.migration("0002_unique", migrations.AlterUniqueTogether("item", {("a", "b")}))
    with project.installed():
        project.migrate("shop", "0001")
        rows = [(1, "x"), (1, "x"), (1, "x"), (1, None), (1, None), (2, "x"), (None, "x")]
        insert("shop_item", a=[a for a, _ in rows], b=[b for _, b in rows])
        (finding,) = told(plan("shop"), "findings")
        assert (finding["code"], finding["rows"]) == ("MT108", 2)
        assert len(sql(finding["query"])) == 3
