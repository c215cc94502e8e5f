"""A parked column comes back as it was, whatever its kind and whatever happened meanwhile."""

from __future__ import annotations

import pytest

from tests.helpers import changes_tables
from tests.parking.cases import Kind, Lot, catalogue, kinds

pytestmark = changes_tables


@pytest.mark.parametrize("kind", list(kinds()), ids=str)
def test_it_comes_back_as_it_was(kind: Kind) -> None:
    lot = Lot(kind)
    lot.build()
    before, values = catalogue(), lot.rows()
    parked = lot.park(1)
    assert lot.parking.is_parked(parked)
    for number in range(2 if kind.fills else 0):  # the second finds out what refuses equal ones
        lot.model(lot.bare).objects.create(a=9 + number)
    lot.unpark(parked)
    assert catalogue() == before
    rows = lot.rows()
    born = {number: rows.pop(number) for number in [*rows] if number > 3}
    assert rows == values
    lot.remove_by_django()
    if kind.fills:
        lot.add_by_django()
        expected = {number: value for number, value in lot.rows().items() if number > 3}
        assert born == expected or kind.name == "db_default now"


@pytest.mark.parametrize("kind", list(kinds()), ids=str)
def test_its_name_is_free_meanwhile(kind: Kind) -> None:
    lot = Lot(kind)
    lot.build()
    if not kind.fills:
        lot.empty()
    before, values = catalogue(), lot.rows()
    first = lot.park(1)
    lot.add_by_django()
    second = lot.park(2)
    lot.unpark(second)
    lot.remove_by_django()
    lot.unpark(first)
    assert (catalogue(), lot.rows()) == (before, values)
