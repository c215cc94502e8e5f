"""Which archives a purge takes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import pytest

from migration_tools.archives.choosing import chosen

pytestmark = pytest.mark.engine_neutral

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)


@dataclass
class Archive:
    number: int
    days: int

    @property
    def created(self) -> datetime.datetime:
        return NOW - datetime.timedelta(days=self.days)


ARCHIVES = [Archive(1, 40), Archive(2, 30), Archive(3, 5), Archive(4, 0)]


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"numbers": {2, 4}}, [4, 2]),
        ({"numbers": {9}}, []),
        ({"older_than": datetime.timedelta(days=30)}, [1]),  # not what is exactly as old
        ({"older_than": datetime.timedelta(days=29)}, [2, 1]),
        ({"keep": 3}, [1]),
        ({"keep": 9}, []),
        ({"keep": 1, "older_than": datetime.timedelta(days=1)}, [2, 1]),
        ({"keep": 1, "numbers": {1, 2}}, [1]),
    ],
    ids=str,
)
def test_every_condition_narrows_it_down(conditions: dict[str, Any], numbers: list[int]) -> None:
    assert [archive.number for archive in chosen(ARCHIVES, now=NOW, **conditions)] == numbers
