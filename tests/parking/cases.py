"""A table with one column that is parked, and what is looked at before and after."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.models.functions import Now

from migration_tools.backends.parking import Parking, parking_for
from migration_tools.backends.parking.records import Fill, Parked
from tests.helpers import foreign_key, key, quote, sql

APP, TABLE = "lot", "lot_row"
DAY = datetime.datetime(2020, 2, 29, 12, 30, 15, 250_000, tzinfo=datetime.UTC)
ONE, TWO = (uuid.UUID(int=number) for number in (1, 2))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A column, values for its rows, and what else is declared of it."""

    name: str
    field: models.Field[Any, Any]
    values: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    #: Rows may be born while it is parked: NULL is allowed, or there is a default.
    fills: bool = True

    def __str__(self) -> str:
        return self.name


def kind(name: str, field: models.Field[Any, Any], *values: Any, **more: Any) -> Kind:
    return Kind(name=name, field=field, values=values, **more)


def parent(**options: Any) -> models.Field[Any, Any]:
    return foreign_key("lot.Parent", **options)


def kinds() -> Iterator[Kind]:
    integer, text = models.IntegerField, models.CharField
    yield kind("null", integer(null=True), 1, None, 3)
    yield kind("null, default", integer(null=True, default=7), 1, None, 3)
    yield kind("not null, default", integer(default=7), 1, 2, 7)
    yield kind("not null", integer(), 1, 2, 0, fills=False)
    yield kind("char", text(max_length=20, default="x"), "a", "é ", "")
    yield kind("text", models.TextField(default="x"), "a", "100 %s", "")
    yield kind("binary", models.BinaryField(default=b"x"), b"\0\xff", b"", b"%s")
    yield kind("json", models.JSONField(default=dict), {"a": [1, None]}, [], "text")
    yield kind("uuid", models.UUIDField(default=ONE), ONE, TWO, TWO)
    money = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    yield kind("decimal", money, decimal.Decimal("1.10"), decimal.Decimal("-2"), 0)
    yield kind("boolean", models.BooleanField(default=True), True, False, True)
    yield kind("float", models.FloatField(default=0.5), 1.5, -0.1, 1e300)
    yield kind("datetime", models.DateTimeField(default=DAY), DAY, DAY, DAY)
    yield kind("date", models.DateField(default=DAY.date()), DAY.date(), DAY.date(), DAY.date())
    yield kind("time", models.TimeField(default=DAY.time()), DAY.time(), DAY.time(), DAY.time())
    lasts = datetime.timedelta(days=3)
    yield kind("duration", models.DurationField(default=lasts), lasts, lasts, lasts)
    yield kind("indexed", integer(null=True, db_index=True), 1, None, 3)
    yield kind("char indexed", text(max_length=20, db_index=True, default="x"), "a", "b", "a")
    yield kind("unique null", integer(null=True, unique=True), 1, None, 3)
    yield kind("unique", integer(unique=True), 1, 2, 3, fills=False)
    yield kind("char unique", text(max_length=20, unique=True), "a", "b", "c", fills=False)
    together = {"unique_together": {("a", "v")}}
    yield kind("unique together", integer(default=7), 1, 2, 3, options=together)
    index = {"indexes": [models.Index(fields=["v", "a"], name="lot_index")]}
    yield kind("index", integer(default=7), 1, 2, 3, options=index)
    unique = models.UniqueConstraint(fields=["v", "a"], name="lot_unique")
    yield kind("unique constraint", integer(default=7), 1, 2, 3, options={"constraints": [unique]})
    check = models.CheckConstraint(condition=models.Q(v__gt=-1), name="lot_check")
    yield kind("check", integer(default=7), 1, 2, 3, options={"constraints": [check]})
    yield kind("positive", models.PositiveIntegerField(default=7), 1, 2, 3)
    yield kind("key null", parent(null=True), 1, None, 2)
    yield kind("key", parent(), 1, 2, 2, fills=False)
    one = models.OneToOneField("lot.Parent", models.CASCADE)
    yield kind("one to one", one, 1, 2, 3, fills=False)
    yield kind(
        "one to one null", models.OneToOneField("lot.Parent", models.CASCADE, null=True), 1, None, 2
    )
    yield kind("db_default", integer(db_default=7), 1, 2, 3)
    yield kind("db_default now", models.DateTimeField(db_default=Now()), DAY, DAY, DAY)
    yield kind("comment", integer(null=True, db_comment='It\'s "v"'), 1, None, 3)
    long = "a name, 'größer', of more than fifty characters altogether"
    yield kind("odd name", integer(default=7, db_column=long), 1, 2, 3)


class Lot:
    """The tables of one case, with the column and without it."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        row = [key(), ("a", models.IntegerField(default=0))]
        self.full = self._state(CreateModel("Row", [*row, ("v", kind.field)], kind.options))
        self.bare = self._state(CreateModel("Row", row))
        found = parking_for(connection)
        assert found is not None
        self.parking: Parking = found

    def _state(self, create: CreateModel) -> ProjectState:
        state = ProjectState()
        CreateModel("Parent", [key()]).state_forwards(APP, state)
        create.state_forwards(APP, state)
        return state

    def model(self, state: ProjectState, name: str = "Row") -> Any:
        return state.apps.get_model(APP, name)

    @property
    def field(self) -> Any:
        return self.model(self.full)._meta.get_field("v")

    def build(self) -> None:
        with connection.schema_editor() as editor:
            editor.create_model(self.model(self.full, "Parent"))
            editor.create_model(self.model(self.full))
        for _ in range(3):
            self.model(self.full, "Parent").objects.create()
        for number, value in enumerate(self.kind.values):
            self.model(self.full).objects.create(a=number, **{self.field.attname: value})

    def empty(self) -> None:
        self.model(self.full).objects.all().delete()

    def add_by_django(self) -> None:
        options = self.kind.options
        model = self.model(self.full)
        with connection.schema_editor() as editor:
            editor.add_field(self.model(self.bare), self.field)
            editor.alter_unique_together(model, set(), options.get("unique_together", set()))
            for index in options.get("indexes", ()):
                editor.add_index(model, index)
            for constraint in options.get("constraints", ()):
                editor.add_constraint(model, constraint)

    def remove_by_django(self) -> None:
        options = self.kind.options
        model = self.model(self.full)
        with connection.schema_editor() as editor:
            for constraint in options.get("constraints", ()):
                editor.remove_constraint(model, constraint)
            for index in options.get("indexes", ()):
                editor.remove_index(model, index)
            editor.alter_unique_together(model, options.get("unique_together", set()), set())
            editor.remove_field(model, self.field)

    def park(self, number: int) -> Parked:
        with connection.schema_editor():
            parked = self.parking.examine_column(number, TABLE, self.field.column)
            parked = Parked.from_dict(parked.as_dict())  # it lies in the catalogue meanwhile
            self.parking.park(parked)
        return parked

    def unpark(self, parked: Parked) -> None:
        with connection.schema_editor() as editor:
            self.parking.run(self.parking.return_statements(parked, fill=self.fill(editor)))
            self.parking.run(self.parking.later_statements(parked))

    def fill(self, editor: Any) -> Fill | None:
        if self.field.has_db_default():
            return Fill(is_default=True)
        value = editor.effective_default(self.field)
        return None if value is None else Fill(value=value)

    def rows(self) -> dict[int, Any]:
        return dict(sql(f"SELECT id, {quote(self.field.column)} FROM lot_row ORDER BY id"))


COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attcollation,
        col_description(c.oid, a.attnum)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relname LIKE 'lot%' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid::regclass::text LIKE 'lot%' ORDER BY 1, 2
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'lot%' ORDER BY 1"
SEQUENCES = "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname LIKE 'lot%' ORDER BY 1"


def catalogue() -> list[Any]:
    """Every name, its place and its definition, of all tables of the case."""
    if connection.vendor == "postgresql":
        return [sql(query) for query in (COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES)]
    tables = sorted(name for (name,) in sql("SHOW TABLES LIKE 'lot%'"))
    return [without_counter(sql(f"SHOW CREATE TABLE {quote(name)}")[0][1]) for name in tables]


def without_counter(shown: str) -> str:
    words = shown.rpartition("AUTO_INCREMENT=")
    return words[0] + words[2].lstrip("0123456789") if words[1] else shown
