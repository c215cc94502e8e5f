"""Operations of somebody's own, which an analysis cannot see through."""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation


class CountsRows(Operation):
    """Opens a cursor of its own."""

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        with editor.connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {self.table}")

    database_backwards = database_forwards


class LooksAtItsEditor(Operation):
    """Takes no editor but the connection's own, and so not one that only takes notes."""

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None:
        if type(editor) is not editor.connection.SchemaEditorClass:
            raise TypeError("another editor")

    database_backwards = database_forwards
