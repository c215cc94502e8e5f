"""What is to be archived is in use: nothing is dropped or left half done, and the step can wait."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, models
from django.db.migrations import AddField, CreateModel

from migration_tools.archives.catalogue import Catalogue
from tests.gate.shared import plain
from tests.helpers import Project, key
from tests.journal.test_interrupts import in_use, place, site, told
from tests.twins import records

__all__ = ["place", "site"]

WORDS = ("0001", "--allow-data-loss", "--lock-timeout", "0.5")


@pytest.fixture(params=["auto", "copy"])
def words(request: pytest.FixtureRequest) -> tuple[str, ...]:
    return (*WORDS, "--archive", request.param)


@pytest.fixture
def shop(site: Project, place: str) -> Iterator[Project]:
    site.migration("0002_n", AddField("A", "n", models.IntegerField(null=True)))
    site.migration("0003_b", CreateModel("B", [key()]))
    with site.installed():
        plain(place, "shop", "0002")
        rows(place, "INSERT INTO shop_a (id, n) VALUES (1, 5), (2, 6)")
        yield site


def rows(alias: str, statement: str) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def holding(alias: str) -> list[str]:
    return [a.column for a in Catalogue(connections[alias]).find() if a.is_holding]


def test_a_lock_that_is_not_had(shop: Project, place: str, words: tuple[str, ...]) -> None:
    with in_use(place, seconds=6):
        outcome = told(place, *words)
    assert outcome.code == 1
    assert "refused a query: " in outcome.err
    assert records(place)[-1] == ("shop", "0002_n")
    assert holding(place) == []
    assert rows(place, "SELECT id, n FROM shop_a ORDER BY id") == [(1, 5), (2, 6)]
    again = told(place, *words)
    assert again.code == 0, again.err
    assert holding(place) == ["n"]
    assert told(place, "0002").code == 0
    assert rows(place, "SELECT id, n FROM shop_a ORDER BY id") == [(1, 5), (2, 6)]


def test_a_step_is_tried_again(shop: Project, place: str, words: tuple[str, ...]) -> None:
    with in_use(place, seconds=6):
        outcome = told(place, *words, "--retries", "5")
    assert outcome.code == 0, outcome.err
    assert re.search(r"Trying again in \d\.\d seconds \(1 of 5\)\.", outcome.err)
    assert records(place)[-1] == ("shop", "0001_initial")
    assert holding(place) == ["n"]
    assert told(place, "0002").code == 0
    assert rows(place, "SELECT id, n FROM shop_a ORDER BY id") == [(1, 5), (2, 6)]
