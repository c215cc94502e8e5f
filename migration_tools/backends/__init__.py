"""The only rooms with vendor names: what Django does not answer about an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connections
from django.utils.connection import ConnectionProxy

from migration_tools.backends.base import Backend
from migration_tools.backends.mysql import MySQLBackend
from migration_tools.backends.oracle import OracleBackend
from migration_tools.backends.postgresql import PostgreSQLBackend
from migration_tools.backends.sqlite import SQLiteBackend

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Backend", "for_connection"]

BY_VENDOR: dict[str, type[Backend]] = {
    "mysql": MySQLBackend,
    "oracle": OracleBackend,
    "postgresql": PostgreSQLBackend,
    "sqlite": SQLiteBackend,
}


def for_connection(connection: BaseDatabaseWrapper) -> Backend:
    """The backend of the connection's vendor; of a vendor nobody knows, the portable one."""
    if isinstance(connection, ConnectionProxy):  # django.db.connection
        connection = connections[connection.alias]
    return BY_VENDOR.get(connection.vendor, Backend)(connection)
