"""A database of our own beside the real one: made, cloned into, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.utils import load_backend

from migration_tools.backends.scratch.base import Scratch
from migration_tools.backends.scratch.mysql import MySQLScratch
from migration_tools.backends.scratch.postgresql import PostgreSQLScratch
from migration_tools.backends.scratch.sqlite import SQLiteScratch

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["SERVERLESS", "Scratch", "scratch_for", "without_server"]

BY_VENDOR: dict[str, type[Scratch]] = {
    "mysql": MySQLScratch,
    "postgresql": PostgreSQLScratch,
    "sqlite": SQLiteScratch,
}


#: Vendors whose shadow takes no server, and whose SQL can so be had in any project.
SERVERLESS = tuple(vendor for vendor, kind in BY_VENDOR.items() if kind.needs_no_server)


def without_server(vendor: str, connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A connection of one of SERVERLESS in the place of another, for its shadow only."""
    engine = BY_VENDOR[vendor].engine
    settings = {**connection.settings_dict, "ENGINE": engine, "NAME": "", "OPTIONS": {}}
    made: BaseDatabaseWrapper = load_backend(engine).DatabaseWrapper(settings, connection.alias)
    return made


def scratch_for(connection: BaseDatabaseWrapper) -> Scratch:
    return BY_VENDOR.get(connection.vendor, Scratch)(connection)
