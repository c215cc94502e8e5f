"""Reading a live schema from the engine's own catalogue, and the SQL that would mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.catalogue.base import Catalogue
from migration_tools.backends.catalogue.mysql import MySQLCatalogue
from migration_tools.backends.catalogue.postgresql import PostgreSQLCatalogue
from migration_tools.backends.catalogue.sqlite import SQLiteCatalogue
from migration_tools.backends.unconnected import is_unconnected

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Catalogue", "catalogue_of"]

BY_VENDOR: dict[str, type[Catalogue]] = {
    "mysql": MySQLCatalogue,
    "postgresql": PostgreSQLCatalogue,
    "sqlite": SQLiteCatalogue,
}


def catalogue_of(connection: BaseDatabaseWrapper) -> Catalogue:
    if is_unconnected(connection):
        kind: type[Catalogue] = connection.catalogue_class  # type: ignore[attr-defined]
        return kind(connection)
    return BY_VENDOR.get(connection.vendor, Catalogue)(connection)
