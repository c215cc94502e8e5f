"""Turns a bound Django field into a Column: everything is copied out, no model is kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from django.db.models import NOT_PROVIDED, Value

from migration_tools.columns import Column, Default, Reference

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field


def describe(field: Field[Any, Any], connection: BaseDatabaseWrapper, *, online: bool) -> Column:
    """Describe a concrete field; with ``online`` also what the connection calls its type."""
    target = stored_field(field)
    db_type, db_check = _database_type(field, connection) if online else (None, None)
    default, value = default_of(field)
    if online and value is not None:
        # A custom field may refuse its own default; then nothing is compared with it.
        try:
            value = field.get_db_prep_save(value, connection)
        except Exception:
            value = None
    return Column(
        name=str(field.column),
        field=field.name,
        type=target.get_internal_type(),
        kind=field.get_internal_type(),
        max_length=getattr(target, "max_length", None),
        max_digits=getattr(target, "max_digits", None),
        decimal_places=getattr(target, "decimal_places", None),
        null=field.null,
        unique=field.unique,
        primary_key=field.primary_key,
        indexed=bool(getattr(field, "db_index", False)),
        generated=bool(getattr(field, "generated", False)),
        default=default,
        collation=getattr(target, "db_collation", None),
        references=reference_of(field),
        db_type=db_type,
        db_check=db_check,
        default_value=value,
        db_default=_db_default(field),
        comment=getattr(field, "db_comment", None),
    )


def stored_field(field: Field[Any, Any]) -> Field[Any, Any]:
    """The field whose values the column holds: a foreign key's target, through chains of keys."""
    while field.remote_field is not None and getattr(field, "target_field", None) is not None:
        field = field.target_field  # type: ignore[attr-defined]
    return field


def reference_of(field: Field[Any, Any]) -> Reference | None:
    if field.remote_field is None or not hasattr(field, "target_field"):
        return None
    target = field.target_field
    return Reference(
        table=target.model._meta.db_table,
        column=str(target.column),
        constraint=bool(getattr(field, "db_constraint", True)),
    )


def default_of(field: Field[Any, Any]) -> tuple[Default, object]:
    """What Django fills in, by the order of BaseDatabaseSchemaEditor._effective_default()."""
    if getattr(field, "generated", False):
        return Default.NONE, None
    if field.has_default():
        if callable(field.default):
            return Default.CALLED, None
        return (Default.NONE, None) if field.default is None else (Default.VALUE, field.default)
    if getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED:
        return Default.DATABASE, None
    if not field.null and field.blank and field.empty_strings_allowed:
        return Default.EMPTY, b"" if field.get_internal_type() == "BinaryField" else ""
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return Default.NOW, None
    return Default.NONE, None


def _db_default(field: Field[Any, Any]) -> str:
    default = getattr(field, "db_default", NOT_PROVIDED)
    if default is NOT_PROVIDED:
        return ""
    return "constant" if isinstance(default, Value) else "expression"


def _database_type(
    field: Field[Any, Any], connection: BaseDatabaseWrapper
) -> tuple[str | None, str | None]:
    parameters = field.db_parameters(connection=connection)
    check = None
    with contextlib.suppress(KeyError):
        # As BaseDatabaseSchemaEditor._field_db_check does (5.2 to 6.1), under a fixed name, so
        # that renaming a column does not look like a new check.
        data = dict(field.db_type_parameters(connection), column="__column__")
        check = connection.data_type_check_constraints[field.get_internal_type()] % data
    return parameters["type"], check
