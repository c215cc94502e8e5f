"""A database of our own beside the real one: made, cloned into, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.scratch.base import Scratch
from migration_tools.backends.scratch.mysql import MySQLScratch
from migration_tools.backends.scratch.postgresql import PostgreSQLScratch
from migration_tools.backends.scratch.sqlite import SQLiteScratch

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Scratch", "scratch_for"]

BY_VENDOR: dict[str, type[Scratch]] = {
    "mysql": MySQLScratch,
    "postgresql": PostgreSQLScratch,
    "sqlite": SQLiteScratch,
}


def scratch_for(connection: BaseDatabaseWrapper) -> Scratch:
    return BY_VENDOR.get(connection.vendor, Scratch)(connection)
