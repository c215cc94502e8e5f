"""A parked table comes back as it was, and its names are free meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from migration_tools.backends.parking import parking_for
from migration_tools.backends.parking.records import Parked
from tests.helpers import changes_tables, foreign_key, model, quote, sql
from tests.parking.cases import APP, catalogue

pytestmark = changes_tables

PARENT = model("Parent", name=models.CharField(max_length=9, default="x"))


def many(to: str) -> models.Field[Any, Any]:
    return models.ManyToManyField(to)


def kinds() -> dict[str, tuple[list[CreateModel], list[str]]]:
    """Models in the order of their creation, and those of them that are dropped."""
    number, text = models.IntegerField, models.CharField
    check = models.CheckConstraint(condition=models.Q(a__gt=-1), name="lot_check")
    unique = models.UniqueConstraint(fields=["a"], condition=models.Q(a__gt=5), name="lot_unique")
    index = models.Index(fields=["a"], name="lot_index")
    own = {"constraints": [check, unique], "indexes": [index]}
    child = CreateModel(
        "Child",
        [
            (
                "parent_ptr",
                models.OneToOneField(
                    "lot.Parent",
                    models.CASCADE,
                    parent_link=True,
                    primary_key=True,
                    serialize=False,
                    auto_created=True,
                ),
            ),
            ("a", number(default=1)),
        ],
        bases=("lot.Parent",),
    )
    by_uuid = CreateModel("Row", [("id", models.UUIDField(primary_key=True, default=uuid.uuid4))])
    by_int = CreateModel(
        "Row", [("id", models.AutoField(primary_key=True)), ("a", number(default=1))]
    )
    return {
        "plain": (
            [
                model(
                    "Row",
                    a=number(unique=True, default=1),
                    b=text(max_length=9, db_index=True, default="b"),
                )
            ],
            ["Row"],
        ),
        "constraints": ([model("Row", own, a=number(default=1))], ["Row"]),
        "key out": ([PARENT, model("Row", p=foreign_key("lot.Parent", null=True))], ["Row"]),
        "key in": ([PARENT, model("Row", p=foreign_key("lot.Parent", null=True))], ["Parent"]),
        "key to itself": ([model("Row", p=foreign_key("lot.Row", null=True))], ["Row"]),
        "many to many": ([PARENT, model("Row", p=many("lot.Parent"), q=many("self"))], ["Row"]),
        "child": ([PARENT, child], ["Child"]),
        "parent and child": ([PARENT, child], ["Child", "Parent"]),
        "uuid": ([by_uuid], ["Row"]),
        "int": ([by_int], ["Row"]),
    }


KINDS = kinds()


class Tables:
    def __init__(self, kind: str) -> None:
        creations, self.dropped = KINDS[kind]
        self.state = ProjectState()
        for creation in creations:
            creation.state_forwards(APP, self.state)
        self.names = [creation.name for creation in creations]
        found = parking_for(connection)
        assert found is not None
        self.parking = found
        self.numbers = iter(range(1, 100))

    def model(self, name: str) -> Any:
        return self.state.apps.get_model(APP, name)

    def build(self) -> None:
        with connection.schema_editor() as editor:
            for name in self.names:
                editor.create_model(self.model(name))
        self.insert()

    def insert(self) -> None:
        for name in self.names:
            row = self.model(name)()
            if any(field.name == "p" and not field.many_to_many for field in row._meta.fields):
                row.p = self.model(row._meta.get_field("p").related_model.__name__).objects.first()
            row.save()
            for field in row._meta.local_many_to_many:
                getattr(row, field.name).add(field.related_model.objects.first())

    def tables(self) -> Iterator[str]:
        """In the order in which Django drops them."""
        for name in self.dropped:
            for field in self.model(name)._meta.local_many_to_many:
                yield field.remote_field.through._meta.db_table
            yield self.model(name)._meta.db_table

    def park(self) -> list[Parked]:
        done = []
        for table in self.tables():
            with connection.schema_editor():
                parked = self.parking.examine_table(next(self.numbers), table)
                done.append(Parked.from_dict(parked.as_dict()))
                self.parking.park(done[-1])
        return done

    def unpark(self, done: list[Parked]) -> None:
        with connection.schema_editor():
            for parked in reversed(done):
                self.parking.run(self.parking.return_statements(parked))
            for parked in reversed(done):
                self.parking.run(self.parking.later_statements(parked))

    def rows(self) -> dict[str, list[Any]]:
        tables = sorted(connection.introspection.table_names())
        return {
            name: sorted(sql(f"SELECT * FROM {quote(name)}"), key=repr)
            for name in tables
            if name.startswith("lot")
        }

    def remove_by_django(self) -> None:
        with connection.schema_editor() as editor:
            for name in self.dropped:
                editor.delete_model(self.model(name))

    def create_by_django(self) -> None:
        with connection.schema_editor() as editor:
            for name in reversed(self.dropped):
                editor.create_model(self.model(name))


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_back_as_it_was(kind: str) -> None:
    tables = Tables(kind)
    tables.build()
    before = catalogue(), tables.rows()
    done = tables.park()
    assert all(tables.parking.is_parked(parked) for parked in done)
    assert not {*tables.tables()} & {*connection.introspection.table_names()}
    tables.unpark(done)
    assert (catalogue(), tables.rows()) == before
    if kind != "plain":  # its rows are unique
        tables.insert()
    if kind != "key in":  # which Django's own drop may run into
        tables.remove_by_django()


@pytest.mark.parametrize("kind", KINDS)
def test_its_names_are_free_meanwhile(kind: str) -> None:
    tables = Tables(kind)
    tables.build()
    before = catalogue(), tables.rows()
    first = tables.park()
    tables.create_by_django()
    second = tables.park()
    tables.unpark(second)
    tables.remove_by_django()
    tables.unpark(first)
    assert (catalogue(), tables.rows()) == before


@pytest.mark.parametrize("kind", KINDS)
def test_it_can_go_for_good(kind: str) -> None:
    tables = Tables(kind)
    tables.build()
    for parked in tables.park():
        tables.parking.run(tables.parking.purge_statements(parked))
        assert not tables.parking.is_parked(parked)
    tables.create_by_django()
