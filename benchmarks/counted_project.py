"""One table of twelve columns with many rows, and two plans that speak of nearly all of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FIRST = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=200)),
            ],
        ),
    ]
"""

# The columns that the way back to 0001 drops: 0002 adds them.
ADDED = {
    "code": "models.CharField(max_length=50, null=True)",
    "note": "models.TextField(null=True)",
    "price": "models.DecimalField(max_digits=12, decimal_places=4, null=True)",
    "weight": "models.FloatField(null=True)",
    "amount": "models.BigIntegerField(null=True)",
    "stock": "models.IntegerField(null=True)",
    "seen": "models.DateTimeField(null=True)",
    "flag": "models.BooleanField(null=True)",
    "ratio": "models.DecimalField(max_digits=8, decimal_places=3, null=True)",
    "kind": "models.SmallIntegerField(null=True)",
}

# The columns that the way on changes, in 0003.
CHANGED = {
    "code": "models.CharField(max_length=10, null=True)",
    "note": "models.CharField(max_length=60, null=True)",
    "price": "models.DecimalField(max_digits=12, decimal_places=2, null=True)",
    "weight": "models.IntegerField(null=True)",
    "amount": "models.IntegerField(null=True)",
    "stock": "models.IntegerField(default=0)",
    "seen": "models.DateField(null=True)",
    "ratio": "models.IntegerField(null=True)",
    "kind": "models.PositiveSmallIntegerField(null=True)",
}

LATER = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("counted", "{before}")]
    operations = [
{operations}
    ]
"""

COLUMNS = "id, name, code, note, price, weight, amount, stock, seen, flag, ratio, kind"

# One row for each n. Of every column some values are NULL and some are harmed by the change.
VALUES = """
    n, {name}, {code}, {note},
    CASE WHEN n % 7 > 0 THEN n % 100000 + (n % 1000) / 1000.0 END,
    CASE WHEN n % 13 > 0 THEN n % 5000 + (n % 4) / 4.0 END,
    CASE WHEN n % 7 > 0 THEN n * 1000000 END,
    CASE WHEN n % 17 > 0 THEN n % 300 END,
    CASE WHEN n % 7 > 0 THEN {time} END,
    {flag},
    CASE WHEN n % 7 > 0 THEN n % 900 + (n % 8) / 8.0 END,
    CASE WHEN n % 7 > 0 THEN n % 100 - 1 END
"""
PIPES = {
    "name": "'name ' || n",
    "code": "CASE WHEN n % 7 > 0 THEN 'c' || n"
    " || CASE WHEN n % 10 = 0 THEN '-too-long' ELSE '' END END",
    "note": "CASE WHEN n % 11 > 0 THEN 'a note of some length about the number ' || n"
    " || CASE WHEN n % 5 = 0 THEN ', and some more text that makes it long' ELSE '' END END",
}
ROWS = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"
    " INSERT INTO counted_item ({columns})"
    " SELECT "
    + VALUES.format(
        **PIPES,
        time="CASE WHEN n % 2 = 0 THEN '2026-01-02 00:00:00' ELSE '2026-01-02 10:00:00' END",
        flag="n % 2",
    )
    + " FROM s",
    "postgresql": "INSERT INTO counted_item ({columns}) SELECT "
    + VALUES.format(
        **PIPES,
        time="TIMESTAMPTZ '2026-01-02 00:00:00+00' + n % 2 * INTERVAL '10h'",
        flag="n % 2 = 0",
    )
    + " FROM generate_series(1::bigint, {rows}) AS s(n)",
    "mysql": "INSERT INTO counted_item ({columns}) SELECT "
    + VALUES.format(
        name="CONCAT('name ', n)",
        code="CASE WHEN n % 7 > 0 THEN CONCAT('c', n, IF(n % 10 = 0, '-too-long', '')) END",
        note="CASE WHEN n % 11 > 0 THEN CONCAT('a note of some length about the number ', n,"
        " IF(n % 5 = 0, ', and some more text that makes it long', '')) END",
        time="IF(n % 2 = 0, '2026-01-02 00:00:00', '2026-01-02 10:00:00')",
        flag="n % 2",
    )
    + " FROM {numbers} AS s",
}

# A million of them by joining digits: the server makes no series of its own.
DIGITS = "(" + " UNION ALL ".join(["SELECT 0 AS d", *(f"SELECT {d}" for d in range(1, 10))]) + ")"


def numbers(rows: int) -> str:
    """A derived table of the numbers 1 to ``rows``."""
    places = len(str(rows))
    value = " + ".join(f"t{p}.d * {10**p}" for p in range(places))
    joined = " JOIN ".join(f"{DIGITS} AS t{p}" for p in range(places))
    return f"(SELECT 1 + {value} AS n FROM {joined} HAVING n <= {rows})"


def later(before: str, operation: str, fields: dict[str, str]) -> str:
    lines = [f"        migrations.{operation}('item', {n!r}, {f})," for n, f in fields.items()]
    return LATER.format(before=before, operations="\n".join(lines))


def write(folder: Path, columns: list[str]) -> None:
    """The app; 0003 changes ``columns`` alone."""
    package = folder / "counted"
    (package / "migrations").mkdir(parents=True)
    for file in ("__init__.py", "models.py", "migrations/__init__.py"):
        (package / file).write_text("")
    changed = {name: field for name, field in CHANGED.items() if name in columns}
    sources = {
        "0001_initial": FIRST,
        "0002_columns": later("0001_initial", "AddField", ADDED),
        "0003_narrow": later("0002_columns", "AlterField", changed),
    }
    for name, source in sources.items():
        (package / "migrations" / f"{name}.py").write_text(source)


def configure(folder: Path, engine: str, name: str, columns: list[str]) -> None:
    """Django in this process, with the one app and a database of its own."""
    import django
    from django.conf import settings

    write(folder, columns)
    sys.path.insert(0, str(folder))
    backend = {"sqlite": "sqlite3", "postgresql": "postgresql"}.get(engine, "mysql")
    database = {
        "ENGINE": f"django.db.backends.{backend}",
        "NAME": name,
        "HOST": os.environ.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGRATION_TOOLS_DB_PORT", ""),
        "USER": os.environ.get(
            "MIGRATION_TOOLS_DB_USER", "postgres" if engine == "postgresql" else "root"
        ),
        "PASSWORD": os.environ.get("MIGRATION_TOOLS_DB_PASSWORD", ""),
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["migration_tools", "counted"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def fill(rows: int) -> None:
    """The rows, made by the engine itself."""
    from django.db import connection

    sql = ROWS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql.format(rows=rows, columns=COLUMNS, numbers=numbers(rows)))
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE counted_item")
        elif connection.vendor == "mysql":
            cursor.execute("ANALYZE TABLE counted_item")
