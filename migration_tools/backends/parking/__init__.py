"""Moving tables and columns out of the way, on the engines that do it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migration_tools.backends.parking.base import Parking
from migration_tools.backends.parking.mysql import MySQLParking
from migration_tools.backends.parking.postgresql import PostgreSQLParking
from migration_tools.backends.parking.records import CannotPark, Fill, OrphansFound, Parked, Part

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["CannotPark", "Fill", "OrphansFound", "Parked", "Parking", "Part", "parking_for"]

PARKINGS: dict[str, type[Parking]] = {"postgresql": PostgreSQLParking, "mysql": MySQLParking}


def parking_for(connection: BaseDatabaseWrapper) -> Parking | None:
    """None where things are always copied."""
    kind = PARKINGS.get(connection.vendor)
    return kind(connection) if kind else None
