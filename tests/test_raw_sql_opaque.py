"""RunSQL that is not read, or not counted, and says why; and what comes after SQL that was read."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import RemoveField, RunSQL, SeparateDatabaseAndState
from django.db.migrations import operations as ops

from tests.helpers import Project, changes_tables, insert, plan, plan_text, sql, told
from tests.settings import ENGINE
from tests.test_steps_raw_sql import ROWS, TABLES, opaque, q

pytestmark = changes_tables

UNREAD = {
    "nonsense": ("this is no SQL", "not read"),
    "function": ("SELECT do_it(1)", "do_it"),
    "function in a condition": ("DELETE FROM shop_item WHERE do_it(size)", "do_it"),
    "subquery": (
        "DELETE FROM shop_item WHERE id IN (SELECT id FROM shop_maker)",
        "a query inside",
    ),
    "cte": ("WITH x AS (SELECT 1 AS a) DELETE FROM shop_item WHERE size = 1", "WITH"),
    "join": ("UPDATE shop_item SET size = 1 FROM shop_maker", "FROM"),
    "using": ("DELETE FROM shop_item USING shop_maker", "USING"),
    "call": ("CALL do_it()", "may do anything"),
    "schema": ("DELETE FROM other.shop_item", "a name with a schema"),
    "limit": ("DELETE FROM shop_item LIMIT 1", "LIMIT"),
    "upsert": ("INSERT INTO shop_item (id) VALUES (1) ON CONFLICT DO NOTHING", "CONFLICT"),
    "set": ("SET x = 1", "may do anything"),
    "rename": ("ALTER TABLE shop_item RENAME TO shop_thing", "RENAME"),
    "type": ("ALTER TABLE shop_item ALTER COLUMN size TYPE text", "ALTER TABLE in another way"),
    "unique": ("CREATE UNIQUE INDEX by_hand ON shop_item (size)", "UNIQUE"),
    "cascade": ("DROP TABLE shop_item CASCADE", "CASCADE"),
    "trigger": ("CREATE TRIGGER t AFTER INSERT ON shop_item BEGIN SELECT 1; END", "not read"),
    "required": ("ALTER TABLE shop_item ADD COLUMN x integer NOT NULL", "conditions"),
    "backslash": ("DELETE FROM shop_item WHERE name = 'a\\' OR size = 1 --'", "backslash"),
    "executed comment": (["DELETE FROM shop_item /*! WHERE size = 1 */"], "executed"),
    "two tables": ("DROP TABLE shop_item, shop_part CASCADE", "CASCADE"),
    "no such table": ("DELETE FROM shop_nothing", "no table shop_nothing"),
    "no such column": ("DELETE FROM shop_item WHERE nothing = 1", "not there now"),
    "rows point to it": ("DELETE FROM shop_maker WHERE id = 3", "rows of shop_part point"),
    "dropped, rows point to it": ("DROP TABLE shop_maker", "rows of shop_part point"),
    "key rewritten": ("UPDATE shop_maker SET id = id + 10", "rows of shop_part point"),
    "parameters": ([("DELETE FROM shop_item WHERE size = %s", [1.5])], "parameters"),
    "named parameters": (
        [("DELETE FROM shop_item WHERE size = %(a)s", {"a": 1})],
        "parameters",
    ),
}
if ENGINE == "postgresql":
    UNREAD |= {
        "do": ("DO $$ BEGIN DELETE FROM shop_item; END $$", "not read"),
        "hash": ("DELETE FROM shop_item WHERE size # 1 = 2", "not read"),
        "only": ("DELETE FROM ONLY shop_item", "ONLY"),
        "escapes": ("DELETE FROM shop_item WHERE name = E'a'", "not read"),
        "deletes in a cte": (
            "WITH x AS (DELETE FROM shop_item RETURNING 1) SELECT 1",
            "not read",
        ),
    }


def report_of(project: Project, statement: Any, *more: Any, by_hand: tuple[str, ...] = ()) -> Any:
    project.migration("0001_initial", *TABLES)
    project.migration("0002_step", RunSQL(statement), *more)
    with project.installed():
        project.migrate("shop", "0001")
        for table, rows in ROWS.items():
            insert(table, **rows)
        for text_ in by_hand:
            sql(text_)
        return plan("shop", "0002")


@pytest.mark.parametrize("name", UNREAD)
def test_opaque_with_its_reason(
    project: Project, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    statement, reason = UNREAD[name]
    report = report_of(project, statement)
    (message,) = opaque(report)
    assert reason in message
    assert report["steps"][0]["operations"][0]["opaque"]
    assert told(report, "losses") == []
    assert caplog.records == []


TRIGGERS = {
    "sqlite": ["CREATE TRIGGER watch AFTER {} ON shop_item BEGIN DELETE FROM shop_part; END"],
    "mysql": ["CREATE TRIGGER watch AFTER {} ON shop_item FOR EACH ROW DELETE FROM shop_part"],
    "postgresql": [
        (
            "CREATE FUNCTION watched() RETURNS trigger AS $$ BEGIN DELETE FROM shop_part; "
            "RETURN NULL; END $$ LANGUAGE plpgsql"
        ),
        "CREATE TRIGGER watch AFTER {} ON shop_item FOR EACH ROW EXECUTE FUNCTION watched()",
    ],
}
CHANGES = {
    "DELETE": "DELETE FROM shop_item",
    "UPDATE": "UPDATE shop_item SET size = 1",
    "INSERT": "INSERT INTO shop_item (id, name) VALUES (9, 'x')",
}


@pytest.mark.parametrize("event", CHANGES)
def test_a_trigger_may_do_anything(project: Project, event: str) -> None:
    by_hand = tuple(text_.format(event) for text_ in TRIGGERS[connection.vendor])
    report = report_of(project, CHANGES[event], by_hand=by_hand)
    assert "trigger watch hangs on shop_item" in opaque(report)[0]
    if connection.vendor == "postgresql":
        sql("DROP FUNCTION watched() CASCADE")


def test_a_view_is_no_table(project: Project) -> None:
    view = ("CREATE VIEW shop_shown AS SELECT id FROM shop_item",)
    report = report_of(project, "DELETE FROM shop_shown", by_hand=view)
    assert "is a view" in opaque(report)[0]


def test_without_sqlglot_it_says_how_to_get_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.migration("0001_initial", *TABLES)
    project.migration("0002_step", RunSQL("DELETE FROM shop_item"))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", **ROWS["shop_item"])
        read = plan("shop", "0002")
        monkeypatch.setitem(sys.modules, "sqlglot", None)
        report = plan("shop", "0002")
    assert "django-migration-tools[sql]" in opaque(report)[0]
    assert told(read, "losses")[0]["rows"] == 6
    assert read["fingerprint"] == report["fingerprint"]


def test_it_is_not_imported_for_other_plans(project: Project) -> None:
    project.migration("0001_initial", *TABLES)
    done = project.manage(
        "shell",
        "-c",
        "from django.core.management import call_command as c; import sys; "
        "c('migration_plan'); assert 'sqlglot' not in sys.modules",
    )
    assert done.returncode == 0, done.stderr


def test_offline_no_rows_are_touched_without_a_word(project: Project) -> None:
    project.migration("0001_initial", *TABLES)
    project.migration("0002_step", RunSQL("DELETE FROM shop_item"), RunSQL("DROP TABLE shop_part"))
    with project.installed():
        report = plan("shop", start="0001", offline=True)
    assert "no database was asked" in opaque(report)[0]
    assert [loss["exactness"] for loss in told(report, "losses")] == ["unknown"]


# --- one after another ------------------------------------------------------------------------


def amounts(report: Any) -> list[tuple[Any, ...]]:
    return [
        (
            loss["kind"],
            loss["column"],
            loss["values"] if loss["column"] else loss["rows"],
            loss["exactness"],
        )
        for loss in told(report, "losses")
    ]


def test_the_second_statement_sees_what_the_first_has_set(project: Project) -> None:
    statement = (
        "UPDATE shop_item SET size = 7 WHERE name = 'a'; DELETE FROM shop_item WHERE size = 7;"
    )
    report = report_of(project, statement)
    # Of sizes there is one that is not NULL, where names are told apart by case.
    names = 2 if ENGINE in ("mysql", "mariadb") else 1
    assert amounts(report) == [("values", "size", 1, "exact"), ("rows", None, names, "estimated")]
    assert opaque(report) == []


def test_what_nobody_can_compute_is_unknown_and_never_none(project: Project) -> None:
    statement = "UPDATE shop_item SET size = size + 1; DELETE FROM shop_item WHERE size = 99"
    assert amounts(report_of(project, statement))[1] == ("rows", None, None, "unknown")


def test_names_of_today(project: Project) -> None:
    project.migration("0001_initial", *TABLES)
    project.migration(
        "0002_step",
        ops.RenameModel("Item", "Thing"),
        ops.RenameField("Thing", "size", "width"),
        RunSQL("DELETE FROM shop_thing WHERE width = 3"),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", **ROWS["shop_item"])
        report = plan("shop", "0002")
    (loss,) = told(report, "losses")
    assert (loss["table"], loss["rows"], loss["exactness"]) == ("shop_item", 2, "exact")


def test_a_column_that_sql_adds_is_known_to_later_operations(project: Project) -> None:
    add = SeparateDatabaseAndState(
        [RunSQL("ALTER TABLE shop_item ADD COLUMN extra integer NULL", RunSQL.noop)],
        [ops.AddField("Item", "extra", models.IntegerField(null=True))],
    )
    project.migration("0001_initial", *TABLES)
    project.migration("0002_step", add, RemoveField("Item", "extra"))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", **ROWS["shop_item"])
        report = plan("shop", "0002")
        assert told(report, "findings") == []
        assert told(report, "losses") == []
        assert report["exact"]
        project.migrate("shop", "0002")


def test_it_is_told_in_words(project: Project) -> None:
    project.migration("0001_initial", *TABLES)
    project.migration(
        "0002_step",
        RunSQL("DELETE FROM shop_item WHERE size = 3"),
        RunSQL("UPDATE shop_item SET note = NULL", RunSQL.noop),
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", **ROWS["shop_item"])
        text_ = plan_text("shop", "0002")
    assert q("loses 2 rows of ~shop_item~, deleted by SQL") in text_
    assert q("values, rewritten by SQL in ~shop_item~.~note~") in text_
