"""The counts: equal to hand-written SQL, of today's names, in one query a table, never guessed."""

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
    quote,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

TEXT = models.CharField(max_length=20, null=True)
NUMBER = models.IntegerField(null=True)


def count(what: str, table: str, where: str = "") -> int:
    """By hand: ``what`` and ``where`` name columns that need no quotes."""
    condition = f" WHERE {where}" if where else ""
    return int(sql(f"SELECT COUNT({what}) FROM {quote(table)}{condition}")[0][0])


# --- what is counted --------------------------------------------------------------------------


def test_kinds_of_tables_are_told_apart(project: Project) -> None:
    project.migration(
        "0001_initial",
        model("Place", name=TEXT),
        migrations.CreateModel(
            "Inn",
            [
                (
                    "place_ptr",
                    models.OneToOneField(
                        "shop.place", models.CASCADE, parent_link=True, primary_key=True
                    ),
                ),
                ("beds", NUMBER),
            ],
            bases=("shop.place",),
        ),
        model("Guest", places=models.ManyToManyField("shop.place")),
        model("Stay", guest=foreign_key("shop.guest"), inn=foreign_key("shop.inn")),
        migrations.AddField(
            "guest",
            "inns",
            models.ManyToManyField("shop.inn", related_name="+", through="shop.Stay"),
        ),
    )
    with project.installed():
        project.migrate("shop")
        insert("shop_place", id=[1, 2, 3, 4], name=["a", "b", None, "d"])
        insert("shop_inn", place_ptr_id=[3, 4], beds=[10, None])
        insert("shop_guest", id=[1, 2, 3])
        insert("shop_guest_places", guest_id=[1, 1, 2, 3, 3], place_id=[1, 2, 2, 3, 4])
        insert("shop_stay", guest_id=[1, 2, 2, 3, 3, 3], inn_id=[3, 3, 3, 3, 4, 4])
        report = plan("shop", "zero")
        by_hand = {table: count("*", table) for table in TABLES}
    assert losses(report) == [("table", table, None, by_hand[table], None) for table in TABLES]
    assert [loss["reason"] for loss in told(report, "losses")] == list(TABLES.values())
    assert report["totals"]["rows"] == 4 + 2 + 3 + 5 + 6


TABLES = {
    "shop_stay": "links, through a model of their own",
    "shop_guest_places": "links of a many-to-many field",
    "shop_guest": "",
    "shop_inn": "its part of an inherited model; the parent's rows stay",
    "shop_place": "",
}


def test_values_of_dropped_columns(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration(
        "0002_columns",
        migrations.AddField("item", "color", TEXT),
        migrations.AddField("item", "size", models.IntegerField(default=7)),
        migrations.AddField("item", "note", models.CharField(max_length=9, blank=True, default="")),
        migrations.AddField("item", "open", models.BooleanField(default=True)),
        migrations.AddField("item", "tags", models.ManyToManyField("shop.item")),
    )
    with project.installed():
        project.migrate("shop")
        insert(
            "shop_item",
            id=[1, 2, 3, 4],
            color=["red", None, "", "red"],
            size=[7, 7, 8, 9],
            note=["", "x", "", ""],
            open=[True, False, True, True],
        )
        insert("shop_item_tags", from_item_id=[1, 2], to_item_id=[2, 1])
        report = plan("shop", "0001")
        assert losses(report) == [
            ("table", "shop_item_tags", None, count("*", "shop_item_tags"), None),
            ("column", "shop_item", "open", 4, 4),
            ("column", "shop_item", "note", 4, 4),
            ("column", "shop_item", "size", 4, count("size", "shop_item")),
            ("column", "shop_item", "color", 4, count("color", "shop_item")),
        ]
    differing = [loss["differing"] for loss in told(report, "losses")]
    assert differing == [None, 1, 1, 2, None]
    assert report["totals"]["values"] == 4 + 4 + 4 + 3
    assert report["exact"] is True


def test_changed_columns(project: Project) -> None:
    project.migration(
        "0001_initial", model("Item", price=models.DecimalField(max_digits=7, decimal_places=3))
    )
    project.migration(
        "0002_price",
        migrations.AlterField("item", "price", models.DecimalField(max_digits=7, decimal_places=1)),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", price=["1.000", "2.500", "2.250", "3.125", "-0.001"])
        report = plan("shop")
        changed = count("*", "shop_item", "ROUND(price, 1) <> price")
    assert changed == 3
    if ENGINE == "sqlite":  # keeps what it has, and Django reads it with fewer digits
        assert losses(report) == []
        (finding,) = told(report, "findings")
        assert (finding["code"], finding["rows"]) == ("MT301", changed)
    else:
        assert losses(report) == [("values", "shop_item", "price", 5, changed)]


def test_nulls_that_get_a_value(project: Project) -> None:
    project.migration("0001_initial", model("Item", color=TEXT, size=NUMBER))
    project.migration(
        "0002_full",
        migrations.AlterField("item", "color", models.CharField(max_length=20, default="red")),
        migrations.AlterField("item", "size", models.IntegerField()),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", color=["blue", None, None], size=[1, 2, None])
        report = plan("shop")
        nulls = count("*", "shop_item", "color IS NULL")
    assert losses(report) == [("fills", "shop_item", "color", 3, nulls)]
    assert report["totals"]["fills"] == nulls == 2
    assert report["totals"]["losses"] == 0
    (finding,) = told(report, "findings")
    assert (finding["code"], finding["severity"], finding["rows"]) == ("MT102", "blocker", 1)


def test_silent_where_there_is_nothing(project: Project) -> None:
    project.migration(
        "0001_initial", model("Full", color=TEXT, size=NUMBER), model("Empty", size=NUMBER)
    )
    project.migration(
        "0002_gone",
        migrations.RemoveField("full", "color"),
        migrations.AlterField("full", "size", models.SmallIntegerField(null=True)),
        migrations.AlterField("empty", "size", models.SmallIntegerField(unique=True)),
        migrations.DeleteModel("Empty"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_full", color=[None, None], size=[None, None])
        report = plan("shop")
        assert (losses(report), codes(report)) == ([], [])
        insert("shop_full", color=["red"], size=[None])
        assert losses(plan("shop")) == [("column", "shop_full", "color", 3, 1)]


# --- how it is counted ------------------------------------------------------------------------


def test_one_query_a_table_and_one_more_a_new_key(project: Project) -> None:
    one, two = NUMBER.clone(), NUMBER.clone()
    project.migration(
        "0001_initial",
        model("Wide", **{f"c{n}": NUMBER for n in range(12)}, code=TEXT, one=one, two=two),
        model("Other", size=NUMBER, color=TEXT),
        model("Third"),
    )
    project.migration(
        "0002_all_of_it",
        *(migrations.RemoveField("wide", f"c{n}") for n in range(6)),
        *(
            migrations.AlterField("wide", f"c{n}", models.SmallIntegerField(default=1))
            for n in range(6, 12)
        ),
        migrations.AddConstraint(
            "wide", models.CheckConstraint(condition=models.Q(one__gt=0), name="one_positive")
        ),
        migrations.AlterField(
            "wide", "code", models.CharField(max_length=20, unique=True, null=True)
        ),
        migrations.AlterUniqueTogether("wide", {("one", "two")}),
        migrations.RemoveField("other", "size"),
        migrations.AlterField("other", "color", models.CharField(max_length=20)),
        migrations.DeleteModel("Third"),
        migrations.RenameModel("Other", "Another"),
        migrations.DeleteModel("Another"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_wide", **{f"c{n}": [n, None] for n in range(12)}, one=[1, 1], two=[2, 2])
        insert("shop_other", size=[1], color=[None])
        insert("shop_third", id=[1])
        report, queries = counting("shop")
    tables = ["shop_wide"] * 3 + ["shop_other", "shop_third"]
    assert sorted(queries_by_table(queries)) == sorted(tables)
    assert len(losses(report)) == 6 + 6 + 1 + 1 + 1
    assert report["exact"] is True


def queries_by_table(queries: list[str]) -> list[str]:
    return [
        table
        for query in queries
        for table in ("shop_wide", "shop_other", "shop_third")
        if quote(table) in query
    ]


def test_nothing_is_counted_twice(project: Project) -> None:
    """The rows of one table are asked for once, however many operations want to know."""
    project.migration("0001_initial", model("Item", a=NUMBER, b=NUMBER))
    project.migration(
        "0002_gone", migrations.RemoveField("item", "a"), migrations.RemoveField("item", "b")
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", a=[1], b=[2])
        _, (query,) = counting("shop")
    assert query.upper().count("COUNT(*)") == 1
