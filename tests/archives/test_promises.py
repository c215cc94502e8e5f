"""What a preview says is kept is kept, and of what is not it says so."""

from __future__ import annotations

import pytest
from django.core.management import CommandError
from django.db import connection, models
from django.db.migrations import AlterField, RemoveField, RunSQL

from tests.archives.test_copied_runs import copies, project, safe, states
from tests.helpers import Project, changes_tables, insert, model, plan, plan_text, sql, told

__all__ = ["project"]

pytestmark = changes_tables

UNSEEN = "; not kept: Django's schema editor does not see it go"


@pytest.mark.parametrize(
    "statement", ["UPDATE shop_item SET a = 5", "DELETE FROM shop_item WHERE a = 10"]
)
def test_rows_that_sql_takes_are_not_kept(project: Project, statement: str) -> None:
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_sql", RunSQL(statement, RunSQL.noop))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], a=[10, 20])
        (loss,) = told(plan("shop"), "losses")
        assert loss["archive"] is None
        assert UNSEEN in plan_text("shop")
        safe("shop")
        assert (states(), copies()) == ([], [])


def test_a_column_that_is_left_out_of_a_table_made_anew_is_not_kept(project: Project) -> None:
    """SQLite does so; the others leave alone what they do not know."""
    project.migration("0001_initial", model("Item", a=models.IntegerField()))
    project.migration("0002_text", AlterField("Item", "a", models.TextField()))
    with project.installed():
        project.migrate("shop", "0001")
        sql("ALTER TABLE shop_item ADD COLUMN note integer")
        sql("INSERT INTO shop_item (id, a, note) VALUES (1, 10, 7)")
        found = [loss for loss in told(plan("shop"), "losses") if loss["column"] == "note"]
        left_out = connection.vendor == "sqlite"
        assert [loss["archive"] for loss in found] == [None] * left_out
        assert (UNSEEN in plan_text("shop")) == left_out
        safe("shop")
        if not left_out:
            assert sql("SELECT note FROM shop_item") == [(7,)]


def test_a_primary_key_is_not_kept(project: Project) -> None:
    project.migration("0001_initial", model_of(models.CharField(max_length=9, primary_key=True)))
    project.migration(
        "0002_number", AlterField("Item", "code", models.IntegerField(primary_key=True))
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", code=["007"])
        (loss,) = told(plan("shop"), "losses")
        assert loss["archive"] is None
        assert "; not kept: it is the primary key" in plan_text("shop")


def test_values_that_repeat_where_the_field_was_unique_wait_for_the_rows(project: Project) -> None:
    project.migration("0001_initial", model("Item", v=models.CharField(max_length=9, unique=True)))
    project.migration("0002_number", AlterField("Item", "v", models.IntegerField()))
    listed = "SELECT id, v FROM shop_item ORDER BY id"
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3], v=["7", "007", "08"])
        safe("shop")
        away = sql(listed)
        with pytest.raises(CommandError, match=r"1 row of .+ repeats a key that becomes unique"):
            safe("shop", "0001")
        assert sql(listed) == away == [(1, 7), (2, 7), (3, 8)]
        assert states() == [("values", "v", "kept")]
        sql("UPDATE shop_item SET v = 9 WHERE id = 1")
        safe("shop", "0001")
        assert sql(listed) == [(1, "9"), (2, "007"), (3, "08")]


def model_of(key: models.Field) -> object:
    from django.db.migrations import CreateModel

    return CreateModel("Item", [("code", key)])


@pytest.mark.parametrize("archive", ["auto", "copy"])
@pytest.mark.parametrize("held", [False, True])
def test_what_a_run_makes_in_an_empty_database_and_takes_away_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, held: bool, archive: str
) -> None:
    """Nothing was there to lose: the run looks like `migrate`, and leaves no archives."""
    # The database of the tests holds other tables; .ci/real_projects has one that is really empty.
    monkeypatch.setattr("migration_tools.analysis.assessment._is_empty", lambda backend: not held)
    project.migration("0001_initial", model("Item", a=models.IntegerField(null=True)))
    project.migration("0002_rows", RunSQL("INSERT INTO shop_item (id, a) VALUES (1, 10)"))
    project.migration("0003_remove", RemoveField("Item", "a"))
    with project.installed():
        text = safe("shop", archive=archive)
        assert [state for _, _, state in states()] == ["kept"] * held
        assert ("Done as run" in text) == held


@pytest.mark.parametrize("archive", ["auto", "copy"])
def test_a_table_comes_back_without_the_links_that_it_had_none_of(
    project: Project, archive: str
) -> None:
    """Theirs is dropped, being empty, and made anew with keys of its own."""
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", makers=models.ManyToManyField("shop.Maker")))
    with project.installed():
        project.migrate("shop")
        insert("shop_maker", id=[1])
        insert("shop_item", id=[1])
        safe("shop", "0001", archive=archive)
        safe("shop")
        assert sql("SELECT id FROM shop_item") == [(1,)]
        insert("shop_item_makers", id=[1], item_id=[1], maker_id=[1])
        assert states() == [("table", "shop_item", "returned")]


@pytest.mark.parametrize("archive", ["auto", "copy"])
def test_a_table_with_a_generated_column_comes_back(project: Project, archive: str) -> None:
    twice = models.GeneratedField(
        expression=models.F("a") * 2, output_field=models.IntegerField(), db_persist=True
    )
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=models.IntegerField(), twice=twice))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1], a=[3])
        safe("shop", "0001", archive=archive)
        safe("shop")
        assert sql("SELECT a, twice FROM shop_item") == [(3, 6)]
        assert [state for _, _, state in states()] == ["returned"]
