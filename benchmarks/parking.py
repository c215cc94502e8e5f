"""Parking and coming back against the engine's own CREATE TABLE AS of the same data.

    python -m benchmarks.parking [--engine postgresql] [--rows 1000000] [--rounds 5]

Of one table: a nullable column with an index, a column that is NOT NULL (its return fills the rows
born since and proves that none is NULL), a foreign key, and the table as a whole. Foreign keys are
made again where there is one.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from benchmarks.counting import drop_database, make_database
from benchmarks.timing import Comparison, compare, heading, seconds

GOAL = 0.01
NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, {rows}) AS s (n)",
    "mysql": "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
    "SELECT n FROM s",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    engines = ["postgresql", "mariadb", "mysql"]
    parser.add_argument("--engine", default="postgresql", choices=engines)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ["MIGRATION_TOOLS_DB"] = options.engine
    os.environ["MIGRATION_TOOLS_DB_NAME"] = name = f"mt_bench_{os.getpid()}"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.db import connection

    make_database(connection, name)
    try:
        fill(connection, options.rows)
        print(f"{connection.display_name}: {options.rows:,} rows\n")
        print(heading("park and return", "CREATE TABLE AS"))
        for label, column, more in (
            ("nullable column with an index", "c", ""),
            ("NOT NULL column", "v", ""),
            ("foreign key with its index", "p_id", ", its key made again"),
            ("the table", None, ", its key made again"),
        ):
            comparison = measure(connection, column, options.rounds)
            print(comparison.row(f"{connection.display_name}, {label}{more}", GOAL), flush=True)
    finally:
        connection.close()
        drop_database(connection, name)


def fill(connection: Any, rows: int) -> None:
    made = seconds(lambda: statements(connection, rows))
    print(f"made in {made:.0f} s")


def statements(connection: Any, rows: int) -> None:
    numbers = NUMBERS[connection.vendor]
    text = "CONCAT('name ', n)"
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            depth = (
                "max_recursive_iterations"
                if connection.mysql_is_mariadb
                else "cte_max_recursion_depth"
            )
            cursor.execute(f"SET SESSION {depth} = {rows + 1}")
        cursor.execute("CREATE TABLE parent (id bigint NOT NULL PRIMARY KEY)")
        cursor.execute("INSERT INTO parent " + numbers.format(rows=1000))
        cursor.execute(
            "CREATE TABLE item (id bigint NOT NULL PRIMARY KEY, a int NOT NULL, name varchar(80), "
            "v int NOT NULL, c varchar(40), p_id bigint NULL)"
        )
        cursor.execute(
            f"INSERT INTO item SELECT n, n % 100, {text}, n % 1000, {text}, n % 1000 + 1 "
            f"FROM ({numbers.format(rows=rows)}) AS numbers"
        )
        cursor.execute("CREATE INDEX item_c ON item (c)")
        cursor.execute("CREATE INDEX item_p ON item (p_id)")
        cursor.execute(
            "ALTER TABLE item ADD CONSTRAINT item_key FOREIGN KEY (p_id) REFERENCES parent (id)"
        )
        cursor.execute(
            "ANALYZE TABLE item" if connection.vendor == "mysql" else "VACUUM ANALYZE item"
        )


def measure(connection: Any, column: str | None, rounds: int) -> Comparison:
    from migration_tools.backends.parking import parking_for
    from migration_tools.backends.parking.records import Fill

    parking = parking_for(connection)
    assert parking is not None
    numbers = iter(range(1, 1000))

    def there_and_back() -> None:
        number = next(numbers)
        if column is None:
            parked = parking.examine_table(number, "item")
        else:
            parked = parking.examine_column(number, "item", column)
        parking.park(parked)
        fill = Fill(value=7) if column == "v" else None
        parking.run(parking.return_statements(parked, fill=fill))
        parking.run(parking.later_statements(parked))

    def copied() -> float:
        wanted = "*" if column is None else f"id, {column}"
        with connection.cursor() as cursor:
            took = seconds(
                lambda: cursor.execute(f"CREATE TABLE copied AS SELECT {wanted} FROM item")
            )
            cursor.execute("DROP TABLE copied")
        return took

    return compare(lambda: seconds(there_and_back), copied, rounds)


if __name__ == "__main__":
    main()
