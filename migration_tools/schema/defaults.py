"""Defaults that look for rows: a shadow has none, so their values are unknown there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Unknown = Callable[[Any], None]


def known_default(
    connection: BaseDatabaseWrapper, ask: Callable[[Any], Any], field: Any, unknown: Unknown
) -> Any:
    """What ``ask`` says of ``field``; None, and ``unknown`` is told, where that takes rows.

    A query is stopped before it is sent: one that fails would end the step's transaction. None is
    no guess: no row can take it where the column takes no NULL.
    """
    asked: list[str] = []

    def refuse(execute: Any, sql: str, *args: Any) -> None:
        asked.append(sql)
        raise LookupError(f"the default of {field.name} looks for rows")

    try:
        with connection.execute_wrapper(refuse):
            value = ask(field)
    except Exception:  # whatever the project's code makes of finding nothing
        asked.append("")
        value = None
    if not asked:
        return value
    unknown(field)
    return None


@contextlib.contextmanager
def without_rows(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside, a default that looks for rows is none."""
    base: Any = connection.SchemaEditorClass

    class RowlessEditor(base):  # type: ignore[misc]
        def effective_default(self, field: Any) -> Any:
            return known_default(connection, super().effective_default, field, lambda field: None)

    connection.SchemaEditorClass = RowlessEditor
    try:
        yield
    finally:
        del connection.SchemaEditorClass
