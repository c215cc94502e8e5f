"""How a live schema is read; the portable answer is that it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migration_tools.backends import for_connection
from migration_tools.backends.catalogue.parts import Kind, Part, Schema, Table
from migration_tools.exceptions import ShadowError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Catalogue:
    #: Statements of which it is not known what they made.
    unread: tuple[str, ...] = ()

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.backend = for_connection(connection)
        self.quote = self.backend.quote

    def read(self) -> Schema:
        """The schema of today; to be called where nothing can be written."""
        raise ShadowError(
            f"Nobody has written yet how to read a schema on {self.connection.vendor}."
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    # --- what would mend a difference -------------------------------------------------------

    def mend_table(
        self, expected: Table, live: Table, changes: list[tuple[Part | None, Part | None]]
    ) -> list[tuple[str, ...]]:
        """For each change, (expected, live), the statements that make it as expected."""
        return [self.mend(expected, wanted, found) for wanted, found in changes]

    def mend(self, table: Table, wanted: Part | None, found: Part | None) -> tuple[str, ...]:
        if wanted is None:
            return found.drop if found else ()
        if found is None:
            return wanted.create
        if wanted.kind is Kind.COLUMN:
            return self.alter_column(table, wanted, found)
        return (*found.drop, *wanted.create)

    def alter_column(self, table: Table, wanted: Part, found: Part) -> tuple[str, ...]:
        raise NotImplementedError
