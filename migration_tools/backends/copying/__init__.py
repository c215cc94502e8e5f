"""Copying what goes into a table of the archive's own, by the engine itself, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.copying.base import Copying, Extra
from migration_tools.backends.copying.mysql import MySQLCopying
from migration_tools.backends.copying.postgresql import PostgreSQLCopying

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Copying", "Extra", "copying_for"]

BY_VENDOR: dict[str, type[Copying]] = {"mysql": MySQLCopying, "postgresql": PostgreSQLCopying}


def copying_for(connection: BaseDatabaseWrapper) -> Copying:
    return BY_VENDOR.get(connection.vendor, Copying)(connection)
