"""Tables of the app's own, on the pattern of Django's MigrationRecorder: made when first needed.

They are in nobody's migrations, routers have no say in them, and a command that only reads never
makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import django.db

from migration_tools.backends import for_connection
from migration_tools.exceptions import MigrationToolsError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class OwnTables:
    """``names``: of the tables of ``models``, which are made late: the app registry must be ready
    by then."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper,
        names: Sequence[str],
        models: Callable[[], Sequence[Any]],
    ) -> None:
        self._connection = connection
        self._names = names
        self._models = models
        self._are_there = False

    def exist(self) -> bool:
        if not self._are_there:
            self._are_there = set(self._names) <= self._found()
        return self._are_there

    def _found(self) -> set[str]:
        with self._connection.cursor() as cursor:
            return set(self._connection.introspection.table_names(cursor))

    def make(self, error: type[MigrationToolsError], told: str) -> None:
        """Raises ``error``, saying ``told`` and why, where they cannot be made; a lock that was
        waited for in vain stays the engine's own error, since that can be tried again."""
        if self.exist():
            return
        found = self._found()
        try:
            # The class's own editor: what a run puts on the connection is for its steps.
            with type(self._connection).SchemaEditorClass(self._connection) as editor:
                for model in self._models():
                    if model._meta.db_table not in found:
                        editor.create_model(model)
        except django.db.Error as refused:
            if for_connection(self._connection).gave_up_waiting(refused):
                raise
            reason = " ".join(str(refused).split())
            raise error(
                f"{told}: {reason}",
                hint="Somebody with the right to create tables must run migrate_safe once "
                f"({', '.join(self._names)}); later runs only write to them.",
            ) from refused
