"""Rows for every table of a project, whatever its models are, made without code of the project.

Run within the site's Django. Each column that takes NULL has some; texts are not ASCII, times have
microseconds, decimals all their places. Neither ``save()`` nor signals have a part in it: what a
project does then is not what is looked at.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, connection, models, transaction

ROWS = 5  # of each table
ATTEMPTS = 4 * ROWS  # some meet what the tables forbid


def fill() -> None:
    """Raises SystemExit where a table got nothing."""
    waiting = _models()
    made: dict[type[models.Model], int] = {}
    numbers = itertools.count(_first_number())
    # What needs rows of others comes after them: several rounds.
    while waiting:
        left = [model for model in waiting if not _fill_one(model, numbers, made)]
        if len(left) == len(waiting):
            raise SystemExit(f"No rows for {', '.join(m._meta.db_table for m in left)}")
        waiting = left


def _models() -> list[type[models.Model]]:
    with connection.cursor() as cursor:
        there = {
            table.name
            for table in connection.introspection.get_table_list(cursor)
            if table.type in ("t", "p")
        }
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.db_table in there
        # Those are ours, or have no key that Django knows: full text search on SQLite.
        and model._meta.app_label not in ("migration_tools", "migrations")
        and not _is_virtual(model._meta.db_table)
    ]


def _is_virtual(table: str) -> bool:
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [table])
        return "VIRTUAL" in cursor.fetchone()[0]


def _first_number() -> int:
    """Beyond what an earlier call has used for texts that are unique."""
    from django.contrib.auth import get_user_model

    return 1000 * (1 + get_user_model()._base_manager.count())


def _fill_one(
    model: type[models.Model], numbers: Iterator[int], made: dict[type[models.Model], int]
) -> bool:
    """False: no row could be made for now."""
    for _ in range(ATTEMPTS):
        if made.get(model, 0) == ROWS:
            break
        try:
            with transaction.atomic():
                _insert(model, next(numbers), made.get(model, 0))
        except (IntegrityError, DataError, _NoTarget):
            continue
        made[model] = made.get(model, 0) + 1
    return made.get(model, 0) > 0


class _NoTarget(Exception):
    pass


def _insert(model: type[models.Model], number: int, nth: int) -> models.Model:
    """The row, its parents first."""
    row = model()
    for parent, link in model._meta.parents.items():
        if link is not None:
            setattr(row, link.attname, _insert(parent, number, nth).pk)
    for place, field in enumerate(model._meta.local_concrete_fields):
        is_link = field in model._meta.parents.values()
        if is_link or isinstance(field, models.AutoField) or field.generated:
            continue
        # Not by setattr, for which an image would be opened.
        row.__dict__[field.attname] = _value(field, number, nth, place)
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, models.AutoField) and not field.generated
    ]
    # What Model.save_base() does, without the fields' own pre_save.
    key = model._meta.pk
    returned = model._base_manager._insert(
        [row], fields=fields, returning_fields=[key], using=connection.alias, raw=True
    )
    if row.pk is None:
        setattr(row, key.attname, returned[0][0])
    return row


def _value(field: models.Field[Any, Any], number: int, nth: int, place: int) -> Any:
    if field.null and (nth + place) % 3 == 0:
        return None
    if field.remote_field is not None:
        return _target(field, nth)
    if field.choices:
        keys = [key for key, _ in field.flatchoices if key not in ("", None)]
        return keys[nth % len(keys)]
    for kind, make in MAKERS.items():
        if field.get_internal_type() == kind:
            return make(field, number)
    return None if field.null else field.get_default()


def _target(field: Any, nth: int) -> Any:
    """An existing row, another one for each."""
    name = field.target_field.attname
    found = list(
        field.remote_field.model._base_manager.order_by(f"-{name}").values_list(name, flat=True)[
            :20
        ]
    )
    if not found and not field.null:
        raise _NoTarget
    return found[nth % len(found)] if found else None


# --- values -----------------------------------------------------------------------------------


def _text(field: Any, number: int) -> str:
    told = f"Größe {number} ✓ {number}"
    return told[-field.max_length :] if field.max_length else told


def _word(field: Any, number: int) -> str:
    return f"word-{number}"[-(field.max_length or 50) :]


def _decimal(field: Any, number: int) -> Decimal:
    digits = str(number * 7919 + 1)[-(field.max_digits - 1) :]
    return Decimal(int(digits)).scaleb(-field.decimal_places)


def _whole(field: Any, number: int) -> int:
    return number % 30000


def _moment(field: Any, number: int) -> datetime:
    return datetime(2024, 2, 29, 23, 59, 58, 120_003, tzinfo=UTC) + timedelta(hours=7 * number)


def _json(field: Any, number: int) -> dict[str, Any]:
    return {"n": number, "text": "ä ✓", "none": None, "list": [1.5, True, {"deep": []}]}


MAKERS: dict[str, Callable[[Any, int], Any]] = {
    "CharField": _text,
    "TextField": _text,
    "SlugField": _word,
    "FileField": lambda field, number: f"files/{number}.bin",
    "FilePathField": lambda field, number: f"/files/{number}",
    "DecimalField": _decimal,
    "FloatField": lambda field, number: number / 8 + 0.1,
    "BooleanField": lambda field, number: number % 2 == 0,
    "DateTimeField": _moment,
    "DateField": lambda field, number: date(2024, 2, 29) + timedelta(days=number % 9000),
    "TimeField": lambda field, number: time(23, 59, number % 60, 5),
    "DurationField": lambda field, number: timedelta(days=number, microseconds=7),
    "JSONField": _json,
    "UUIDField": lambda field, number: uuid.uuid5(uuid.NAMESPACE_URL, f"{field} {number}"),
    "BinaryField": lambda field, number: bytes([0, 255, number % 256]),
    "GenericIPAddressField": lambda field, number: f"10.0.{number // 250 % 250}.{number % 250}",
    "EmailField": lambda field, number: f"m{number}@example.com",
    "URLField": lambda field, number: f"https://example.com/{number}",
    **dict.fromkeys(
        (
            "IntegerField",
            "BigIntegerField",
            "SmallIntegerField",
            "PositiveIntegerField",
            "PositiveBigIntegerField",
            "PositiveSmallIntegerField",
        ),
        _whole,
    ),
}
