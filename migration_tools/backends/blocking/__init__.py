"""Who is in the way of a plan now: sessions that hold locks on its tables, or last long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.blocking.base import Blocker, Blocking, Watch
from migration_tools.backends.blocking.mysql import MySQLWatch
from migration_tools.backends.blocking.postgresql import PostgreSQLWatch
from migration_tools.backends.blocking.sqlite import SQLiteWatch

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Blocker", "Blocking", "Watch", "watch_of"]

BY_VENDOR: dict[str, type[Watch]] = {
    "mysql": MySQLWatch,
    "postgresql": PostgreSQLWatch,
    "sqlite": SQLiteWatch,
}


def watch_of(connection: BaseDatabaseWrapper) -> Watch:
    return BY_VENDOR.get(connection.vendor, Watch)(connection)
