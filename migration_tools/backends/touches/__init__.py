"""Locks, rewrites and scans of a statement, by asking the engine while it runs on a shadow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.touches.base import Touch, Watch
from migration_tools.backends.touches.mysql import MySQLWatch
from migration_tools.backends.touches.postgresql import PostgreSQLWatch
from migration_tools.backends.unconnected import is_unconnected

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Touch", "Watch", "watch_of"]

BY_VENDOR: dict[str, type[Watch]] = {"mysql": MySQLWatch, "postgresql": PostgreSQLWatch}


def watch_of(connection: BaseDatabaseWrapper) -> Watch:
    if is_unconnected(connection):
        return Watch(connection)
    return BY_VENDOR.get(connection.vendor, Watch)(connection)
