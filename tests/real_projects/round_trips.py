"""Rows in every table, an app taken back several migrations by ``migrate_safe``, and in again.

Then every table holds what it held, to the letter, and the schema is what it was.
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from check import Check
    from servers import Server

# Both drop tables or columns with rows on their way back, and one column on the way in.
TRIPS = {"wagtail": ("wagtailcore", "0089"), "oscar": ("catalogue", "0025")}
EMPTY = "empty"
# When a migration ran is not what it was; the others are our own, like what the way in archives.
NOT_COMPARED = re.compile(r"django_migrations|migration_tools_|_mt_")

CONSENT = ("--noinput", "--allow-data-loss", "--allow-opaque")

COLUMNS = {
    "sqlite": "SELECT name FROM pragma_table_info('{0}') ORDER BY 1",
    "postgresql": "SELECT attname FROM pg_attribute WHERE attrelid = '\"{0}\"'::regclass"
    " AND attnum > 0 AND NOT attisdropped ORDER BY 1",
    "mysql": "SELECT COLUMN_NAME FROM information_schema.COLUMNS"
    " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{0}' ORDER BY 1",
}
LETTERS = {
    "sqlite": 'typeof("{0}") || quote("{0}")',
    "postgresql": '"{0}"::text',
    "mysql": "HEX(CAST(`{0}` AS BINARY))",
}


def round_trip(check: Check) -> None:
    """On the database that the command under test has built."""
    started, database = time.perf_counter(), check.name("safe")
    done = check.manage(
        database, "shell", "-v", "0", "-c", "import generated_rows; generated_rows.fill()"
    )
    if done.code:
        raise SystemExit(f"The rows could not be generated:\n{done.err[-2000:]}")
    app, target = TRIPS[check.project]
    there_and_back(check, database, app, target)
    print(f"  there and back: {time.perf_counter() - started:.1f} s", flush=True)


def there_and_back(check: Check, database: str, app: str, target: str) -> None:
    name = f"{app} to {target} and back"
    before, schema = digests(check.server, database), schema_of(check.server, database)
    empty = [table for table, told in before.items() if told == (0, EMPTY)]
    check.note(f"{name}: no table is empty", ", ".join(empty) or None)
    for words in ((app, target), ()):
        done = check.manage(database, check.safe, *words, *CONSENT)
        sound = done.code == 0 and "Traceback" not in done.err
        way = "away" if words else "back"
        check.note(f"{name}: {way}", None if sound else done.err[-2000:] or done.out)
        if not sound:
            return
        if words:
            lost = different(before, digests(check.server, database))
            check.note(f"{name}: {len(lost)} tables changed", None if lost else "none was")
    lines = different(before, digests(check.server, database))
    check.note(f"{name}: rows", "\n    ".join(lines) or None)
    lines = different(schema, schema_of(check.server, database))
    check.note(f"{name}: schema", "\n    ".join(lines[:20]) or None)


def different(before: dict[str, object], now: dict[str, object]) -> list[str]:
    return [
        f"{name}: {before.get(name)}, now {now.get(name)}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def digests(server: Server, database: str) -> dict[str, object]:
    """Number of rows and digest of all of them, by table."""
    return {
        table: _digest(server, database, table)
        for table in server.tables(database)
        if not NOT_COMPARED.match(table)
    }


def _digest(server: Server, database: str, table: str) -> tuple[int, str]:
    family = "mysql" if server.engine == "mariadb" else server.engine
    quoted = f"`{table}`" if family == "mysql" else f'"{table}"'
    found = [name for (name,) in server.query(database, COLUMNS[family].format(table))]
    columns = [name for name in found if not NOT_COMPARED.match(name)]
    told = ", ".join(LETTERS[family].format(name) for name in columns)
    rows = sorted(map(repr, server.query(database, f"SELECT {told} FROM {quoted}")))
    digest = hashlib.sha256(repr([columns, *rows]).encode()).hexdigest()[:16]
    return len(rows), digest if rows else EMPTY


def schema_of(server: Server, database: str) -> dict[str, object]:
    """Without the order of columns: one that held nothing was dropped, and comes last now."""
    found: dict[str, object] = {}
    for name, sql in server.schema(database).items():
        kind, rest = name.split(" ", 1)
        if NOT_COMPARED.search(rest):
            continue
        if server.engine == "sqlite":
            found[name] = sorted(re.split(r", (?=[\"C])", sql.removesuffix(")")))
        elif server.engine == "postgresql":
            found[rest.rsplit(" ", 1)[0] if kind == "column" else name] = sql
        else:
            lines = (line.strip().removesuffix(",") for line in sql.splitlines())
            found[name] = sorted(line for line in lines if "_mt_" not in line)
    return found
