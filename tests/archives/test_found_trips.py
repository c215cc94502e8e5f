"""Trips that once did not come back as they were."""

from __future__ import annotations

import pytest
from django.db import models
from django.db.migrations import AddField, AlterField, RemoveField, RenameModel

from tests.archives.drawing import Row, Trip
from tests.archives.trips import Travelling
from tests.helpers import Project, changes_tables, model

pytestmark = changes_tables

NULLS = [Row("item", {"v": None}), Row("item", {"v": None}), Row("item", {"v": 5})]
CASES: dict[str, Trip] = {
    "only NULLs in a column with a default": Trip(
        [model("Item", v=models.IntegerField(null=True, default=7))],
        [[RemoveField("Item", "v")]],
        NULLS[:2],
        reverts=False,
    ),
    "only NULLs in a unique column with a default": Trip(
        [model("Item", v=models.IntegerField(null=True, default=7, unique=True))],
        [[RemoveField("Item", "v")]],
        NULLS[:2],
        reverts=False,
    ),
    "NULLs that get a value": Trip(
        [model("Item", v=models.IntegerField(null=True))],
        [[AlterField("Item", "v", models.IntegerField(default=5))]],
        NULLS,
        reverts=False,
    ),
    "NULLs that get a value, and a value that is cut": Trip(
        [model("Item", v=models.CharField(max_length=9, null=True))],
        [[AlterField("Item", "v", models.IntegerField(default=5))]],
        [Row("item", {"v": None}), Row("item", {"v": "007"}), Row("item", {"v": "5"})],
        reverts=False,
    ),
    "a table that is renamed after it lost a column without default": Trip(
        [model("Item", v=models.IntegerField())],
        [[RemoveField("Item", "v"), RenameModel("Item", "Thing")]],
        NULLS[2:] * 2,
        reverts=False,
    ),
    "a column of the same name that comes after it": Trip(
        [model("Item", v=models.PositiveIntegerField(default=3))],
        [
            [
                RemoveField("Item", "v"),
                AddField("Item", "v", models.CharField(max_length=1, default=" ", db_column="Odd")),
            ]
        ],
        [Row("item", {"v": ""}), Row("item", {"v": "x"})],
        reverts=True,
    ),
}


def archives() -> list[str]:
    from tests.archives.test_round_trips import WAYS

    return WAYS


@pytest.mark.parametrize("archive", archives())
@pytest.mark.parametrize("case", CASES)
def test_it_comes_back(project: Project, case: str, archive: str) -> None:
    assert Travelling(CASES[case], project.folder, archive).make()
