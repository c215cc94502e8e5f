"""When it cannot be counted: the budget is spent, a question fails, code comes before."""

from __future__ import annotations

from django.db import connection, migrations, models

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    counting,
    insert,
    losses,
    model,
    nothing,
    plan,
    sql,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

TEXT = models.CharField(max_length=20, null=True)
NUMBER = models.IntegerField(null=True)


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
        report, queries = counting("shop", "zero", count_timeout=0)
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
