"""The only rooms with vendor names: what Django does not answer about an engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from django.db import connections
from django.utils.connection import ConnectionProxy

from migration_tools.backends.base import Backend

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Backend", "for_connection"]

#: Module and class; only the room of the vendor that is asked for is entered.
BY_VENDOR = {
    "mysql": ("mysql", "MySQLBackend"),
    "oracle": ("oracle", "OracleBackend"),
    "postgresql": ("postgresql", "PostgreSQLBackend"),
    "sqlite": ("sqlite", "SQLiteBackend"),
}


def for_connection(connection: BaseDatabaseWrapper) -> Backend:
    """The backend of the connection's vendor; of a vendor nobody knows, the portable one."""
    if isinstance(connection, ConnectionProxy):  # django.db.connection
        connection = connections[connection.alias]
    if connection.vendor not in BY_VENDOR:
        return Backend(connection)
    module, name = BY_VENDOR[connection.vendor]
    kind: type[Backend] = getattr(import_module(f"{__name__}.{module}"), name)
    return kind(connection)
