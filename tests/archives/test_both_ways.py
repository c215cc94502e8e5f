"""A change that loses values in either direction: what comes back, and what goes meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models
from django.db.migrations import AlterField

from tests.archives.test_copied_runs import project, safe
from tests.helpers import Project, changes_tables, insert, model, sql

__all__ = ["project"]

pytestmark = changes_tables

#: The field before and after, the rows at first, and what is written to the second one in between.
CASES: dict[str, tuple[Any, Any, list[Any], Any]] = {
    "a NULL that gets a value": (
        models.DecimalField(max_digits=7, decimal_places=3, default=0),
        models.IntegerField(null=True),
        ["1.234", "7.000"],
        None,
    ),
    "a number with too many digits": (
        models.FloatField(),
        models.BigIntegerField(),
        [1.5, 2.0],
        9007199254740993,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_values_go_and_come_back_at_once(project: Project, case: str) -> None:
    before, after, values, written = CASES[case]
    project.migration("0001_initial", model("Item", v=before))
    project.migration("0002_change", AlterField("Item", "v", after))

    def rows() -> list[Any]:
        return [value for (value,) in sql("SELECT v FROM shop_item ORDER BY id")]

    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2], v=values)
        first = rows()
        safe("shop")
        insert_changed = f"UPDATE shop_item SET v = {'NULL' if written is None else written}"
        sql(f"{insert_changed} WHERE id = 2")
        changed = rows()
        safe("shop", "0001")
        assert rows()[0] == first[0]
        back = rows()
        safe("shop")
        assert rows() == changed
        safe("shop", "0001")
        assert rows() == back
        safe(undo=4)
        assert rows() == changed
