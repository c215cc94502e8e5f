"""A database of our own beside the real one: made, cloned into, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured
from django.db.utils import load_backend

from migration_tools.backends.scratch.base import Scratch
from migration_tools.backends.scratch.mysql import MySQLScratch
from migration_tools.backends.scratch.postgresql import PostgreSQLScratch
from migration_tools.backends.scratch.sqlite import SQLiteScratch
from migration_tools.backends.scratch.unconnected import UnconnectedScratch
from migration_tools.backends.unconnected import DRIVERS, ENGINES, is_unconnected
from migration_tools.exceptions import DatabaseError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["SERVERLESS", "Scratch", "scratch_for", "without_server"]

BY_VENDOR: dict[str, type[Scratch]] = {
    "mysql": MySQLScratch,
    "postgresql": PostgreSQLScratch,
    SQLiteScratch.vendor: SQLiteScratch,
}
#: Engines whose SQL can be had in any project, without a server of theirs.
SERVERLESS = (*sorted(ENGINES), SQLiteScratch.vendor)


def without_server(vendor: str, connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A connection of one of SERVERLESS in the place of another. Raises DatabaseError."""
    engine = ENGINES.get(vendor, SQLiteScratch.engine)
    settings = {**connection.settings_dict, "ENGINE": engine, "NAME": "", "OPTIONS": {}}
    try:
        backend = load_backend(engine)
    except ImproperlyConfigured as error:
        reason = " ".join(str(error).split())
        raise DatabaseError(
            f"The SQL of {vendor} takes the driver of Django's engine for it: {reason}",
            hint=f'No server is needed. Install it:  python -m pip install "{DRIVERS[vendor]}"',
        ) from error
    made: BaseDatabaseWrapper = backend.DatabaseWrapper(settings, connection.alias)
    return made


def scratch_for(connection: BaseDatabaseWrapper) -> Scratch:
    kind = UnconnectedScratch if is_unconnected(connection) else BY_VENDOR.get(connection.vendor)
    return (kind or Scratch)(connection)
