"""A copied column that comes back into one which is not empty, as after a run that has stopped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, models

from migration_tools.archives.catalogue import Catalogue, Kind, Strategy
from migration_tools.archives.copying import CopiedArchives
from migration_tools.archives.giving import GivenCopies, Returned
from migration_tools.plan import Direction
from tests.helpers import Project, changes_tables, insert, model, sql
from tests.steps import text
from tests.test_steps_collations import CASELESS, LOOSE

pytestmark = changes_tables


@pytest.mark.parametrize(
    ("field", "first", "second", "written", "fill"),
    [
        (models.IntegerField(null=True), 10, 20, None, 7),
        (models.IntegerField(null=True), 10, 20, 99, 7),
        # Equal to what was archived, by the column's collation.
        (text(db_collation=LOOSE, null=True), "a", "b", "B", "c"),
    ],
)
def test_what_others_wrote_into_it_stays(
    project: Project, field: Any, first: Any, second: Any, written: Any, fill: Any
) -> None:
    connection = connections["default"]
    if connection.vendor == "postgresql":
        sql(CASELESS)
    project.migration("0001_initial", model("Item", v=field))
    with project.installed():
        project.migrate("shop")
        insert("shop_item", id=[1, 2, 3], v=[first, second, None])
        catalogue = Catalogue(connection)
        catalogue.ensure_table()
        number = catalogue.open(
            run=None,
            app="shop",
            name="0002",
            direction=Direction.BACKWARDS,
            kind=Kind.COLUMN,
            strategy=Strategy.COPY,
            table="shop_item",
            column="v",
        )
        with CopiedArchives(connection).keep_column(number, "shop_item", "v"):
            pass
        sql("UPDATE shop_item SET v = NULL")
        if written:
            sql(f"UPDATE shop_item SET v = '{written}' WHERE id = 2")
        insert("shop_item", id=[4], v=[None])
        archive = catalogue.get(number)
        assert archive is not None
        returned = GivenCopies(connection).give_column(
            archive, "shop_item", "v", fill=("%s", (fill,)), by=(1, 1, 1)
        )
        assert sql("SELECT id, v FROM shop_item ORDER BY id") == [
            (1, first),
            (2, written or second),
            (3, None),
            (4, fill),
        ]
        edited = 1 if written else 0
        assert returned == Returned(rows=3 - edited, edited=edited)
