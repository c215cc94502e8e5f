"""Engines without a server: Django's own wrappers, which read what they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["DRIVERS", "ENGINES", "is_unconnected"]

#: Names of engines as Django's settings would have them.
ENGINES = {
    "mariadb": f"{__name__}.mariadb",
    "mysql": f"{__name__}.mysql",
    "postgresql": f"{__name__}.postgresql",
}
#: The package that Django loads for each.
DRIVERS = {"mariadb": "mysqlclient", "mysql": "mysqlclient", "postgresql": "psycopg[binary]"}


def is_unconnected(connection: BaseDatabaseWrapper) -> bool:
    return hasattr(connection, "engine_told")
