"""What stops half way, what cannot be parked, and what stands in the way of a return."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, models

from migration_tools.backends.parking.records import CannotPark, OrphansFound, Parked
from tests.helpers import changes_tables, quote, sql
from tests.parking.cases import Kind, Lot, catalogue, kind, kinds, parent

pytestmark = changes_tables

KINDS = {str(kind): kind for kind in kinds()}
POSTGRESQL = connection.vendor == "postgresql"


def built(kind: Kind) -> Lot:
    lot = Lot(kind)
    lot.build()
    return lot


class Stopped(Exception):
    pass


class StopsAfter:
    """Executes so many statements and no more."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, statement: str, parameters: tuple[Any, ...] | None) -> None:
        if not self.left:
            raise Stopped
        self.left -= 1
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)


@pytest.mark.parametrize(
    "name", ["key null", "unique", "check", "positive", "one to one", "db_default"]
)
def test_a_way_that_was_interrupted_is_gone_on(name: str) -> None:
    lot = built(KINDS[name])
    before, values = catalogue(), lot.rows()
    stops = 0
    for number in range(1, 60):
        with connection.schema_editor() as editor:
            parked = lot.parking.examine_column(number, "lot_row", lot.field.column)
            fill = lot.fill(editor) if lot.kind.fills else None
        back = [
            *lot.parking.return_statements(parked, fill=fill),
            *lot.parking.later_statements(parked),
        ]
        stopped = 0
        for way in ([*lot.parking.park_statements(parked)], back):
            try:
                lot.parking.run(way, StopsAfter(number - 1))
            except Stopped:
                stopped += 1
                lot.parking.run(way)
        assert (catalogue(), lot.rows()) == (before, values)
        stops += stopped
        if not stopped:
            break
    assert stops >= 5


UNIQUE_WHERE = {
    "partial": "CREATE UNIQUE INDEX lot_one ON lot_row (a) WHERE v IS NULL",
    "of an expression": "CREATE UNIQUE INDEX lot_one ON lot_row (coalesce(v, -1))",
    "on two columns": "CREATE UNIQUE INDEX lot_one ON lot_row (v, a)",
}


@pytest.mark.parametrize(
    "index", UNIQUE_WHERE.values() if POSTGRESQL else [UNIQUE_WHERE["on two columns"]]
)
def test_an_index_made_by_hand_does_not_refuse_new_rows(index: str) -> None:
    lot = built(kind("by hand", models.IntegerField(null=True), 1, 2, 3))
    sql(index)
    before = catalogue()
    parked = lot.park(1)
    for _ in range(2):
        lot.model(lot.bare).objects.create(a=9)
    lot.model(lot.bare).objects.filter(a=9).delete()
    lot.unpark(parked)
    assert catalogue() == before


def test_the_newest_of_two_generations_comes_back_first() -> None:
    lot = built(KINDS["null"])
    first = lot.park(1)
    lot.add_by_django()
    lot.model(lot.full).objects.update(v=8)
    second = lot.park(2)
    lot.unpark(second)
    assert {*lot.rows().values()} == {8}
    assert lot.parking.is_parked(first)
    assert not lot.parking.is_parked(second)


def test_it_is_found_in_a_table_that_was_renamed() -> None:
    lot = built(KINDS["not null, default"])
    values = lot.rows()
    parked = lot.park(1)
    with connection.schema_editor() as editor:
        editor.alter_db_table(lot.model(lot.bare), "lot_row", "lot_other")
    assert lot.parking.table_of(parked) == "lot_other"
    assert lot.parking.count_born(parked, "lot_other") == 0
    lot.parking.run(lot.parking.return_statements(parked, table="lot_other"))
    assert dict(sql("SELECT id, v FROM lot_other")) == values


def test_a_parent_that_is_gone_stops_the_return() -> None:
    lot = built(kind("key", parent(null=True), 1, None, 2))
    parked = lot.park(1)
    (part,) = parked.dropped
    assert lot.parking.count_orphans(parked, part) == 0
    lot.model(lot.bare, "Parent").objects.filter(id=2).delete()
    assert lot.parking.count_orphans(parked, part) == 1
    refused = IntegrityError if POSTGRESQL else OrphansFound
    with pytest.raises(refused):
        lot.unpark(parked)
    if not POSTGRESQL:  # no key that some rows break
        assert "FOREIGN KEY" not in repr(catalogue())
        assert sql("SELECT @@SESSION.foreign_key_checks") == [(1,)]


# --- what is copied instead ---------------------------------------------------------------------


def reason(lot: Lot, column: str = "v") -> str:
    before = catalogue()
    with pytest.raises(CannotPark) as caught, connection.schema_editor():
        lot.parking.park(lot.parking.examine_column(1, "lot_row", column))
    assert catalogue() == before
    return str(caught.value)


def test_the_primary_key_is_copied() -> None:
    assert reason(built(KINDS["null"]), "id") == "it is of the primary key"


def test_a_column_that_is_not_there_is_not_parked() -> None:
    assert reason(built(KINDS["null"]), "w") == "it is not there"


def test_a_table_that_says_where_it_is_is_copied() -> None:
    lot = built(KINDS["null"])
    with pytest.raises(CannotPark, match="says where it is"):
        lot.parking.examine_table(1, f"{quote('x')}.{quote('lot_row')}")


def test_a_generated_column_is_not_parked() -> None:
    lot = built(KINDS["null"])
    sql("ALTER TABLE lot_row ADD g integer GENERATED ALWAYS AS (a + 1) STORED")
    assert reason(lot, "g") == "it is generated"


if POSTGRESQL:

    def test_a_published_column_is_copied() -> None:
        lot = built(KINDS["null"])
        sql("CREATE PUBLICATION lot_news FOR TABLE lot_row")
        try:
            assert reason(lot) == "its table is published (lot_news)"
        finally:
            sql("DROP PUBLICATION lot_news")

    def test_a_partition_is_copied() -> None:
        lot = built(KINDS["null"])
        sql("CREATE TABLE lot_heir () INHERITS (lot_row)")
        assert reason(lot) == "it has partitions or is one, or inherits"

    def test_an_object_has_one_identity_whatever_its_name() -> None:
        lot = built(KINDS["null"])
        parked = lot.park(1)
        assert lot.parking.identity_of("lot_row", parked.parked_name) == parked.identity
        assert len(parked.identity) == 2

else:

    def test_a_row_too_long_for_the_column_twice_is_copied() -> None:
        lot = built(KINDS["null"])
        sql("ALTER TABLE lot_row ADD w varchar(9000)")
        assert reason(lot, "w") == "a row would be too long with the column twice"

    @pytest.mark.parametrize("change", ["ROW_FORMAT=COMPRESSED", "ADD w text, ADD FULLTEXT (w)"])
    def test_a_table_that_is_not_changed_at_once_is_copied(change: str) -> None:
        lot = built(KINDS["null"])
        sql(f"ALTER TABLE lot_row {change}")
        assert reason(lot) == "the database does not change such a table at once"

    def test_what_the_engine_refuses_leaves_nothing_behind() -> None:
        lot = built(KINDS["unique"])
        parked = lot.parking.examine_column(1, "lot_row", "v")
        sql("ALTER TABLE lot_row ROW_FORMAT=COMPRESSED")
        before = catalogue()
        with pytest.raises(CannotPark, match="refuses to do it at once"):
            lot.parking.park(parked)
        assert catalogue() == before

    def test_a_column_that_the_database_writes_is_copied() -> None:
        lot = built(KINDS["null"])
        sql("ALTER TABLE lot_row ADD w timestamp NULL ON UPDATE CURRENT_TIMESTAMP")
        assert reason(lot, "w") == "the database writes it by itself"

    def test_a_type_without_a_value_for_new_rows_is_copied() -> None:
        lot = built(KINDS["null"])
        sql("ALTER TABLE lot_row ADD w set('a', 'b') NOT NULL")
        assert reason(lot, "w") == "there is no value for new rows meanwhile (set)"


def test_what_is_written_down_is_read_as_it_was() -> None:
    lot = built(KINDS["one to one"])
    parked = lot.parking.examine_column(1, "lot_row", "v_id")
    assert Parked.from_dict(parked.as_dict()) == parked
    assert parked.dropped
