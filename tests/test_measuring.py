"""The counts: equal to hand-written SQL, of today's names, in one query a table, never guessed."""

from __future__ import annotations

from typing import Any

from django.db import connection, migrations, models
from django.test.utils import CaptureQueriesContext

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    foreign_key,
    insert,
    losses,
    model,
    nothing,
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


def counting(project: Project, *target: str, **options: Any) -> tuple[Any, list[str]]:
    """The report, and the queries that counted for it, but for the look at all foreign keys."""
    with CaptureQueriesContext(connection) as queries:
        report = plan(*target, **options)
    texts = [query["sql"] for query in queries.captured_queries]
    texts = [text for text in texts if "foreign_key_check" not in text]
    return report, [text for text in texts if "COUNT(" in text.upper()]


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
        report, queries = counting(project, "shop")
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
        _, (query,) = counting(project, "shop")
    assert query.upper().count("COUNT(*)") == 1


# --- when it cannot be counted ----------------------------------------------------------------

# Runs for hours on every engine, and has to be stopped by it.
SLOW = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
SELECT a.i AS id, b.i AS size FROM n a, n b, n c, n d
"""
# Raises when the column is read, on every engine in its own way.
RAISES = {
    "sqlite": "abs(-9223372036854775807 - 1)",
    "postgresql": "(SELECT 1 UNION SELECT id)",
    "mariadb": "(SELECT 1 UNION SELECT id)",
    "mysql": "JSON_EXTRACT(CONCAT('{', id), '$')",
}


def test_no_time_at_all(project: Project) -> None:
    project.migration("0001_initial", model("Item", color=TEXT))
    project.migration(
        "0002_unique", migrations.AlterField("item", "color", models.SlugField(unique=True))
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", color=["red", "red"])
        report, queries = counting(project, "shop", "zero", count_timeout=0)
        assert queries == []
        (loss,) = told(report, "losses")
        assert loss["exactness"] in ("unknown", "estimated")
        assert loss["rows"] is None or loss["rows"] > 0
        forwards = plan("shop", count_timeout=0)
        # That it would fail is not known, so it is not said.
        known = {"MT102 warning", "MT105 warning", "MT108 warning", "MT308 warning"}
        assert set(codes(forwards)) <= known
        assert "MT108 warning" in codes(forwards)
        assert {finding["rows"] for finding in told(forwards, "findings")} == {None}
        assert codes(plan("shop")) != codes(forwards)


def test_estimates_of_the_engine(project: Project) -> None:
    project.migration("0001_initial", model("Item", color=TEXT))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", color=["red"] * 1000)
        analyze = {"mysql": "ANALYZE TABLE shop_item"}.get(connection.vendor, "ANALYZE shop_item")
        sql(analyze)
        (loss,) = told(plan("shop", "zero", count_timeout=0), "losses")
    assert loss["exactness"] == "estimated"
    assert 900 <= loss["rows"] <= 1100


def test_time_runs_out(project: Project) -> None:
    project.migration("0001_initial", model("First", size=NUMBER), model("Slow", size=NUMBER))
    project.migration("0002_last", model("Last", size=NUMBER))
    project.migration(
        "0003_gone",
        migrations.RemoveField("first", "size"),
        migrations.RemoveField("slow", "size"),
        migrations.RemoveField("last", "size"),
    )
    with project.installed():
        project.migrate("shop", "0002")
        insert("shop_first", size=[1, None])
        insert("shop_last", size=[1])
        sql("DROP TABLE shop_slow")
        sql(f"CREATE VIEW shop_slow AS {SLOW}")
        report = plan("shop", count_timeout=1)
        # The connection is as it was: no limit is left on it.
        assert sql("SELECT COUNT(*) FROM shop_first") == [(2,)]
        insert("shop_first", size=[3])
    first, slow, last = told(report, "losses")
    assert (first["rows"], first["values"], first["exactness"]) == (2, 1, "exact")
    for loss in (slow, last):
        assert (loss["values"], loss["exactness"]) == (None, "unknown")
        assert loss["rows"] is None or loss["rows"] > 0  # some engines keep an estimate
    assert report["totals"]["unknown"] == 2
    assert report["exact"] is False


def test_a_question_that_fails_hides_no_other(project: Project) -> None:
    project.migration("0001_initial", model("Item", good=NUMBER, bad=NUMBER), model("Other"))
    project.migration(
        "0002_gone",
        migrations.RemoveField("item", "bad"),
        migrations.RemoveField("item", "good"),
        migrations.DeleteModel("Other"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_other", id=[1, 2])
        sql("DROP TABLE shop_item")
        sql("CREATE TABLE shop_kept (id integer, good integer)")
        insert("shop_kept", id=[2, 3], good=[5, None])
        bad = RAISES[ENGINE]
        sql(f"CREATE VIEW shop_item AS SELECT id, good, {bad} AS bad FROM shop_kept")
        report = plan("shop")
    assert losses(report) == [
        ("column", "shop_item", "bad", 2, None),
        ("column", "shop_item", "good", 2, 1),
        ("table", "shop_other", None, 2, None),
    ]
    assert [loss["exactness"] for loss in told(report, "losses")] == ["unknown", "exact", "exact"]


def test_after_code_of_the_project_numbers_are_as_of_now(project: Project) -> None:
    project.migration("0001_initial", model("Item", color=TEXT, size=NUMBER))
    project.migration(
        "0002_code",
        migrations.RemoveField("item", "color"),
        migrations.RunPython(nothing, nothing),
        migrations.AlterField("item", "size", models.IntegerField()),
    )
    project.migration("0003_gone", migrations.DeleteModel("Item"))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", color=["red", None], size=[None, 1])
        report = plan("shop")
    assert losses(report) == [
        ("column", "shop_item", "color", 2, 1),
        ("table", "shop_item", None, 2, None),
    ]
    assert [loss["exactness"] for loss in told(report, "losses")] == ["exact", "estimated"]
    assert codes(report) == ["MT201 warning", "MT102 warning"]
    assert told(report, "findings")[1]["message"].endswith(
        ", as of now: an earlier step may change them"
    )
    assert report["totals"]["blockers"] == 0
    assert report["exact"] is False


# --- where it is counted ----------------------------------------------------------------------


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
        report, queries = counting(project, "shop")
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
