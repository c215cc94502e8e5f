"""The example's tables in a database of a test's own, with rows that a revert would destroy."""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from tests.twins import empty

#: What `migrate_safe Cars 0002` would destroy of these rows.
LOST = "2 losses: 4 values in 2 tables"


def fill(alias: str) -> None:
    """Three cars, two with a color and two with an owner; their weights survive a revert."""
    empty(alias)
    call_command(Migrate(), "Cars", database=alias, verbosity=0, skip_checks=True)
    insert(alias, "Cars_specs", "id, name, price, weight, color", ["1, 'Ami', 7990, 485, 'blue'"])
    insert(alias, "Cars_specs", "id, name, price, weight, color", ["2, 'Zoe', 25000, 1502, 'red'"])
    insert(alias, "Cars_specs", "id, name, price, weight", ["3, '2CV', 900.50, 560"])
    insert(alias, "Cars_owner", "id, name, car_id", ["1, 'Ann', 1", "2, 'Bob', 2"])


def insert(alias: str, table: str, columns: str, rows: list[str]) -> None:
    connection = connections[alias]
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns.split(", "))
    with connection.cursor() as cursor:
        for row in rows:
            cursor.execute(f"INSERT INTO {quote(table)} ({names}) VALUES ({row})")
