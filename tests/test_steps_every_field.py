"""The plain changes of every type of field, over rows: nothing is said to fail that does not."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation

from tests.helpers import Project, changes_tables, model
from tests.settings import ENGINE
from tests.steps import Case, judge, rows_of

pytestmark = changes_tables

DAY = datetime.date(2026, 3, 29)
FIELDS: dict[str, tuple[Any, Any]] = {
    "BigInteger": (models.BigIntegerField(), 2**40),
    "Binary": (models.BinaryField(), b"\x00\xff"),
    "Boolean": (models.BooleanField(), True),
    "Char": (models.CharField(max_length=20), "a"),
    "Date": (models.DateField(), DAY),
    "DateTime": (models.DateTimeField(), datetime.datetime(2026, 3, 29, 1, 30)),
    "Decimal": (models.DecimalField(max_digits=8, decimal_places=2), decimal.Decimal("1.25")),
    "Duration": (models.DurationField(), "00:00:01" if ENGINE == "postgresql" else 1_000_000),
    "Email": (models.EmailField(), "a@b.example"),
    "Float": (models.FloatField(), 1.5),
    "IPAddress": (models.GenericIPAddressField(), "127.0.0.1"),
    "Integer": (models.IntegerField(), 1),
    "JSON": (models.JSONField(), '{"a": 1}'),
    "PositiveBigInteger": (models.PositiveBigIntegerField(), 1),
    "PositiveInteger": (models.PositiveIntegerField(), 1),
    "PositiveSmallInteger": (models.PositiveSmallIntegerField(), 1),
    "Slug": (models.SlugField(max_length=20), "a"),
    "SmallInteger": (models.SmallIntegerField(), 1),
    "Text": (models.TextField(), "a"),
    "Time": (models.TimeField(), "01:30:00"),
    "URL": (models.URLField(), "https://a.example"),
    "UUID": (models.UUIDField(), uuid.UUID(int=7).hex),
}


def _with(field: Any, **options: Any) -> Any:
    _, _, arguments, known = field.deconstruct()
    return type(field)(*arguments, **known | options)


STEPS: dict[str, Callable[[Any], list[Operation]]] = {
    "rename": lambda f: [ops.RenameField("Item", "v", "w")],
    "rename and remove": lambda f: [
        ops.RenameField("Item", "v", "w"),
        ops.RemoveField("Item", "w"),
    ],
    "null": lambda f: [ops.AlterField("Item", "v", _with(f, null=True))],
    "column": lambda f: [ops.AlterField("Item", "v", _with(f, db_column="w"))],
    "comment": lambda f: [ops.AlterField("Item", "v", _with(f, db_comment="what it is"))],
    "model": lambda f: [ops.RenameModel("Item", "Thing"), ops.RenameField("Thing", "v", "w")],
    "table": lambda f: [
        ops.AlterModelTable("Item", "elsewhere"),
        ops.RenameField("Item", "v", "w"),
    ],
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", FIELDS)
def test_step(project: Project, name: str, step: str) -> None:
    field, value = FIELDS[name]
    case = Case([model("Item", v=field)], STEPS[step](field), rows_of("shop_item", v=[value]))
    report = judge(project, case, f"{name}, {step}")
    assert report["totals"]["blockers"] == 0
