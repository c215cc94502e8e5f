"""The catalogue of archives: numbers that are used once, and what is found by them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections, transaction

from migration_tools.archives.catalogue import Archive, Catalogue, Kind, State, Strategy
from migration_tools.plan import Direction
from tests.helpers import changes_tables, sql, tables_kept

pytestmark = changes_tables

TAKEN: dict[str, Any] = {
    "run": 3,
    "app": "shop",
    "name": "0002_more",
    "direction": Direction.BACKWARDS,
    "kind": Kind.COLUMN,
    "strategy": Strategy.PARK,
    "table": "shop_item",
    "column": "price",
}


@pytest.fixture
def catalogue() -> Iterator[Catalogue]:
    with tables_kept():
        yield Catalogue(connections["default"])


def test_reading_makes_no_table(catalogue: Catalogue) -> None:
    assert catalogue.find() == ()
    assert catalogue.get(1) is None
    assert not catalogue.exists()


def test_a_number_is_never_used_again(catalogue: Catalogue) -> None:
    catalogue.ensure_table()
    first = catalogue.open(**TAKEN)
    with transaction.atomic():
        taken_back = catalogue.open(**TAKEN)
        transaction.set_rollback(True)
    again = catalogue.open(**TAKEN)
    assert first < again
    if connection.vendor != "sqlite":  # there the number is taken back with its table's other rows
        assert taken_back < again
    sql("DELETE FROM migration_tools_archive")
    assert catalogue.open(**TAKEN) > again


def test_what_is_written_is_read(catalogue: Catalogue) -> None:
    catalogue.ensure_table()
    number = catalogue.open(**TAKEN)
    details = {"parts": [{"name": 'a "b" 100 % é'}], "marker": None}
    catalogue.change(number, state=State.KEPT, place="_mt_1", rows=12, details=details)
    (archive,) = catalogue.find()
    assert archive == Archive(
        **TAKEN,
        number=number,
        state=State.KEPT,
        place="_mt_1",
        rows=12,
        created=archive.created,
        changed=archive.changed,
        details=details,
    )
    assert archive.step == "shop.0002_more"


def test_the_latest_of_the_step_is_the_one_that_comes_back(catalogue: Catalogue) -> None:
    catalogue.ensure_table()
    wanted = {name: TAKEN[name] for name in ("app", "name", "kind", "table", "column")}
    way_back = {**wanted, "direction": Direction.FORWARDS}
    numbers = [catalogue.open(**TAKEN) for _ in range(3)]
    assert catalogue.latest_for(**way_back) is None  # none is complete
    for number in numbers[:2]:
        catalogue.change(number, state=State.KEPT)
    found = catalogue.latest_for(**way_back)
    assert found is not None
    assert found.number == numbers[1]
    assert catalogue.latest_for(**{**way_back, "column": "weight"}) is None
    assert catalogue.latest_for(**{**wanted, "direction": Direction.BACKWARDS}) is None
    catalogue.change(numbers[1], state=State.RETURNED)
    found = catalogue.latest_for(**way_back)
    assert found is not None
    assert found.number == numbers[0]


if connection.vendor == "postgresql":

    def test_what_another_schema_has_is_not_seen(catalogue: Catalogue) -> None:
        catalogue.ensure_table()
        own = catalogue.open(**TAKEN)
        sql("CREATE SCHEMA tenant")
        try:
            sql("SET search_path = tenant, public")
            catalogue.open(**TAKEN)
            assert [archive.number for archive in catalogue.find()] != [own]
            assert catalogue.get(own) is None
            catalogue.change(own, state=State.KEPT)
            catalogue.supersede(app="shop")
            sql("SET search_path = public")
            (archive,) = catalogue.find()
            assert (archive.number, archive.state) == (own, State.KEPT)
        finally:
            sql("SET search_path = public")
            sql("DROP SCHEMA tenant")
