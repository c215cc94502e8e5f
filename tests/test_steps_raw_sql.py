"""RunSQL that is read: what it was foretold to take is what the engine really took."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import models
from django.db.migrations import RunSQL

from tests.accuracy import count
from tests.helpers import Project, changes_tables, foreign_key, insert, model, plan, told
from tests.settings import ENGINE
from tests.steps import attempt, ids, integer, stored, text

pytestmark = changes_tables

NOOP = RunSQL.noop
ROWS = {
    "shop_item": {
        "id": ids(6),
        "size": [1, None, 3, 3, -5, None],
        "name": ["a", "A", "DELETE; x", "é", "it's", "100%"],
        "note": ["a", None, "", "a ", "b", "B"],
        "price": ["1.50", None, "5.00", "5.00", "0.00", "7.25"],
        "order": ids(6),
        "on": [True, False, None, True, False, None],
    },
    "shop_maker": {"id": ids(3), "name": ["m", "n", "o"]},
    "shop_part": {"id": ids(2), "maker_id": [1, 1]},
}
TABLES = [
    model(
        "Item",
        size=integer(null=True),
        name=text(),
        note=text(null=True),
        price=models.DecimalField(max_digits=6, decimal_places=2, null=True),
        order=integer(),
        on=models.BooleanField(null=True),
    ),
    model("Maker", name=text()),
    model("Part", maker=foreign_key("shop.Maker")),
]
QUOTE = "`" if ENGINE in ("mysql", "mariadb") else '"'


@dataclass(frozen=True)
class Read:
    """``exact``: False where an upper bound is told."""

    sql: Any
    reverse: Any = NOOP
    exact: bool = True


def q(statement: str) -> str:
    return statement.replace("~", QUOTE)


CASES = {
    "delete all": Read("DELETE FROM shop_item"),
    "delete where": Read("DELETE FROM shop_item WHERE size = 3"),
    "delete none": Read("DELETE FROM shop_item WHERE size = 77"),
    "delete, no reverse": Read("DELETE FROM shop_item WHERE size > 1", None),
    "null is no match": Read("DELETE FROM shop_item WHERE size <> 3"),
    "not null is no match": Read("DELETE FROM shop_item WHERE NOT (size = 3 OR note = 'a')"),
    "is null": Read("DELETE FROM shop_item WHERE size IS NULL"),
    "is not null": Read("DELETE FROM shop_item WHERE note IS NOT NULL AND size IS NULL"),
    "in": Read("DELETE FROM shop_item WHERE size IN (1, 3, NULL)"),
    "not in with null": Read("DELETE FROM shop_item WHERE size NOT IN (1, NULL)"),
    "between": Read("DELETE FROM shop_item WHERE size BETWEEN -9 AND 1"),
    "like": Read("DELETE FROM shop_item WHERE name LIKE 'a%'"),
    "doubled percent": Read("DELETE FROM shop_item WHERE name LIKE '%%t''s'"),
    "letters of the engine": Read("DELETE FROM shop_item WHERE note = 'a'"),
    "arithmetic": Read("DELETE FROM shop_item WHERE size * 2 - 1 > 1 AND -size < 0"),
    "boolean": Read("DELETE FROM shop_item WHERE NOT ~on~"),
    "coalesce": Read("DELETE FROM shop_item WHERE COALESCE(size, 3) = 3"),
    "literal with semicolon": Read("DELETE FROM shop_item WHERE name = 'DELETE; x'"),
    "comments": Read(
        "-- DELETE FROM shop_maker;\nDELETE /* all; */ FROM shop_item WHERE size = 1;"
    ),
    "qualified": Read("DELETE FROM shop_item WHERE shop_item.size = 1"),
    "quoted and reserved": Read("DELETE FROM ~shop_item~ WHERE ~order~ >= 4"),
    "letter case of names": Read("delete from SHOP_ITEM where SIZE = 3")
    if ENGINE in ("sqlite", "postgresql")
    else Read("delete from shop_item where SIZE = 3"),
    "parameters": Read([("DELETE FROM shop_item WHERE size = %s OR name = %s", [1, "it's"])]),
    "doubled percent with parameters": Read(
        [("DELETE FROM shop_item WHERE name LIKE '1%%' AND size IS NULL AND id > %s", [0])]
    ),
    "no parameters in a list": Read(["DELETE FROM shop_item WHERE name LIKE '%%'"]),
    "reverse brings them back": Read(
        "DELETE FROM shop_item WHERE id < 3",
        "INSERT INTO shop_item (id, size, name, note, price, ~order~, ~on~) "
        "VALUES (1, 1, 'a', 'a', 1.50, 1, TRUE)",
        exact=False,
    ),
    "update text": Read("UPDATE shop_item SET note = 'a'"),
    "update text where": Read("UPDATE shop_item SET note = 'B' WHERE size IS NULL"),
    "update same": Read("UPDATE shop_item SET size = 3 WHERE size = 3"),
    "update integer": Read("UPDATE shop_item SET size = 3"),
    "update negative": Read("UPDATE shop_item SET size = -5", exact=False),
    "update decimal": Read("UPDATE shop_item SET price = 5"),
    "update to null": Read("UPDATE shop_item SET note = NULL, size = NULL WHERE id < 5"),
    "update boolean": Read("UPDATE shop_item SET ~on~ = TRUE"),
    "update computed": Read("UPDATE shop_item SET size = size + 1 WHERE size > 0", exact=False),
    "update two": Read("UPDATE shop_item SET size = 1, note = 'x' WHERE name = 'é'"),
    "drop table": Read("DROP TABLE shop_item", None),
    "drop column": Read("ALTER TABLE shop_item DROP COLUMN note", None),
    "drop column, there and back": Read(
        "ALTER TABLE shop_item DROP COLUMN note",
        "ALTER TABLE shop_item ADD COLUMN note varchar(20) NULL",
    ),
    "no loss": Read("CREATE INDEX by_hand ON shop_item (size)", "DROP TABLE IF EXISTS nowhere"),
    "view": Read("CREATE VIEW shown AS SELECT lower(name) AS n FROM shop_item", "DROP VIEW shown"),
    "insert": Read("INSERT INTO shop_maker (id, name) VALUES (9, 'z')"),
    "insert from a query": Read(
        "INSERT INTO shop_maker (id, name) SELECT 9, name FROM shop_maker WHERE id = 1"
    ),
    "add column": Read("ALTER TABLE shop_item ADD COLUMN extra integer NULL"),
    "select": Read("SELECT 1"),
    "noop": Read(NOOP),
}
if ENGINE != "mariadb":  # which knows no alias there
    CASES["alias"] = Read("DELETE FROM shop_item AS i WHERE i.size = 1")
if ENGINE != "sqlite":
    CASES["truncate"] = Read("TRUNCATE TABLE shop_item")
if ENGINE == "postgresql":
    CASES |= {
        "function": Read(
            "CREATE FUNCTION by_hand() RETURNS integer AS $$ DELETE FROM shop_item; SELECT 1; $$ "
            "LANGUAGE sql",
            NOOP,
        ),
        "comment": Read("COMMENT ON TABLE shop_item IS 'DELETE FROM shop_item; it''s'"),
        "ilike": Read("DELETE FROM shop_item WHERE name ILIKE 'A'"),
        "distinct from": Read("DELETE FROM shop_item WHERE size IS DISTINCT FROM 3"),
    }


def prepared(statements: Any) -> Any:
    if isinstance(statements, str):
        return q(statements)
    return statements


def judge(project: Project, case: Read, name: str, *, before: Any = (), step: Any = None) -> Any:
    """Assesses the step, takes it, takes it back, and compares; the report."""
    project.migration("0001_initial", *TABLES, *before)
    operation = RunSQL(prepared(case.sql), prepared(case.reverse))
    project.migration("0002_step", *(step or [operation]))
    with project.installed():
        project.migrate("shop", "0001")
        for table, rows in ROWS.items():
            insert(table, **rows)
        start = stored()
        report = plan("shop", "0002")
        assert not [f for f in told(report, "findings") if f["severity"] == "blocker"], report
        error = attempt(project, "0002")
        assert error is None, error
        if case.reverse is not None:
            error = attempt(project, "0001")
            assert error is None, error
        really, foretold = taken(start, stored()), told_of(report)
        if case.exact:
            assert {loss["exactness"] for loss in told(report, "losses")} <= {"exact"}
            assert foretold == really
        else:
            assert {loss["exactness"] for loss in told(report, "losses")} <= {"at most"}
            assert not really - foretold, (really, foretold)
        count("whole steps", f"SQL: {name}", values=sum(map(len, start.values())))
    return report


def taken(before: Any, after: Any) -> Counter[tuple[str, str]]:
    """Rows that are gone by table, and values that are others by column."""
    found: Counter[tuple[str, str]] = Counter()
    for (table, column), values in before.items():
        left = set().union(*(set(v) for (name, _), v in after.items() if name == table))
        found[table, ""] = len(set(values) - left)
        now = after.get((table, column), {})
        changed = [k for k, v in values.items() if v is not None and k in left and now.get(k) != v]
        found[table, column] += len(changed)
    return +found


def told_of(report: Any) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for loss in told(report, "losses"):
        is_rows = loss["kind"] == "rows"
        found[loss["table"], loss["column"] or ""] += loss["rows"] if is_rows else loss["values"]
    return found


def opaque(report: Any) -> list[str]:
    return [f["message"] for f in told(report, "findings") if f["code"] == "MT202"]


@pytest.mark.parametrize("name", CASES)
def test_what_is_read(project: Project, name: str) -> None:
    report = judge(project, CASES[name], name)
    assert opaque(report) == []
    assert not any(part["opaque"] for step in report["steps"] for part in step["operations"])
