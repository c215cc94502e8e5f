"""What the tests share that the engine judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

# They change tables, so no transaction can be around them; each drops its tables itself, and with
# no app there is nothing to flush after each.
changes_tables = pytest.mark.django_db(transaction=True, available_apps=["migration_tools"])


def modes() -> list[str]:
    return ["strict", "not strict"] if connection.vendor == "mysql" else ["default"]


@pytest.fixture(params=modes())
def sql_mode(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Every case runs in both ways of MySQL and MariaDB to treat what does not fit."""
    if request.param != "not strict":
        yield request.param
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.sql_mode")
        (before,) = cursor.fetchone()
        cursor.execute("SET SESSION sql_mode = ''")
        try:
            yield request.param
        finally:
            cursor.execute("SET SESSION sql_mode = %s", [before])
