"""Archives by copy, and their return, against the engine's own statements for the same rows.

    python -m benchmarks.copying [--engine postgresql] [--rows 1000000] [--rounds 3]

Away: what a step does to keep a column or a table, against CREATE TABLE AS SELECT of the same
columns. Back: what a step does to give them back, with its look at what was written since and its
proof, against UPDATE ... FROM and INSERT ... SELECT with the archive indexed. Last, by how much the
memory of this process has grown.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.counting import drop_database, make_database
from benchmarks.timing import compare, heading, seconds

GOAL = 1.2
NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, {rows}) AS s (n)",
    "mysql": "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
    "SELECT n FROM s",
    "sqlite": "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) "
    "SELECT n FROM s",
}
#: A row of five columns, with an index as a table of a project has.
TABLE = (
    "CREATE TABLE {0} (id bigint NOT NULL PRIMARY KEY, a int NOT NULL, name varchar(80) NOT NULL, "
    "v int NULL, c varchar(40) NULL)"
)
ALL = "id, a, name, v, c"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    engines = ["sqlite", "postgresql", "mariadb", "mysql"]
    parser.add_argument("--engine", default="postgresql", choices=engines)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--show", action="store_true", help="print our statements and their seconds"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mt_bench_") as scratch:
        name = f"mt_bench_{os.getpid()}"
        if options.engine == "sqlite":
            name = str(Path(scratch) / f"{name}.sqlite3")
        os.environ["MIGRATION_TOOLS_DB"] = options.engine
        os.environ["MIGRATION_TOOLS_DB_NAME"] = name
        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        import django

        django.setup()
        from django.db import connections

        connection = connections["default"]

        make_database(connection, name)
        try:
            run(connection, options)
        finally:
            connection.close()
            drop_database(connection, name)


def run(connection: Any, options: argparse.Namespace) -> None:
    bench = Bench(connection, options.rows, show=options.show)
    took = seconds(bench.make)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{connection.display_name}: {options.rows:,} rows, made in {took:.0f} s\n")
    print(heading("ours", "the engine's own"))
    for label, ours, theirs in (
        ("column copied", bench.keep_column, bench.create_as_column),
        ("table copied", bench.keep_table, bench.create_as_table),
        ("column restored", bench.give_column, bench.update_from),
        ("table restored", bench.give_table, bench.insert_select),
    ):
        comparison = compare(ours, theirs, options.rounds)
        print(comparison.row(f"{connection.display_name}, {label}", GOAL), flush=True)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    print(f"\nThe most memory of this process has grown by {grown / 1024:.1f} MB.")


class Bench:
    """Each measure makes what it needs first, which is not timed, and says how long it took."""

    def __init__(self, connection: Any, rows: int, *, show: bool) -> None:
        from migration_tools.archives.catalogue import Catalogue
        from migration_tools.archives.copying import CopiedArchives
        from migration_tools.archives.giving import GivenCopies

        self.connection, self.rows, self.show = connection, rows, show
        self.catalogue = Catalogue(connection)
        self.copied, self.given = CopiedArchives(connection), GivenCopies(connection)

    def make(self) -> None:
        numbers, text = NUMBERS[self.connection.vendor].format(rows=self.rows), "'name ' || n"
        if self.connection.vendor == "mysql":
            is_mariadb = self.connection.mysql_is_mariadb
            depth = "max_recursive_iterations" if is_mariadb else "cte_max_recursion_depth"
            self.execute(f"SET SESSION {depth} = {self.rows + 1}")
            text = "CONCAT('name ', n)"
        self.execute(TABLE.format("base"))
        self.execute(
            f"INSERT INTO base SELECT n, n % 100, {text}, n % 1000, {text} "
            f"FROM ({numbers}) AS numbers"
        )
        self.catalogue.ensure_table()
        self.fresh("item", f"SELECT {ALL} FROM base")

    def fresh(self, table: str, select: str, *, indexed: bool = True) -> None:
        """The table anew, with these rows, at rest."""
        self.execute(f"DROP TABLE IF EXISTS {table}")
        self.execute(TABLE.format(table))
        self.execute(f"INSERT INTO {table} ({ALL}) {select}")
        if indexed:
            self.execute(f"CREATE INDEX {table}_c ON {table} (c)")
        words = {"postgresql": "VACUUM ANALYZE", "mysql": "ANALYZE TABLE"}
        self.execute(f"{words.get(self.connection.vendor, 'ANALYZE')} {table}")

    # --- away -------------------------------------------------------------------------------

    def keep_column(self) -> float:
        return self._kept("v")

    def keep_table(self) -> float:
        return self._kept("")

    def _kept(self, column: str) -> float:
        number = self.open(column)
        took = self.timed(lambda: self.keep(number, column))
        self.copied.discard(number)
        return took

    def open(self, column: str) -> int:
        from migration_tools.archives.catalogue import Kind, Strategy
        from migration_tools.plan import Direction

        return self.catalogue.open(
            run=None,
            app="bench",
            name="0001",
            direction=Direction.BACKWARDS,
            kind=Kind.COLUMN if column else Kind.TABLE,
            strategy=Strategy.COPY,
            table="item",
            column=column,
        )

    def keep(self, number: int, column: str) -> None:
        """As a step does; without the statement that destroys, which Django sends."""
        kept = (
            self.copied.keep_column(number, "item", column)
            if column
            else self.copied.keep_table(number, "item")
        )
        with kept:
            pass

    def create_as_column(self) -> float:
        return self._created("id, v")

    def create_as_table(self) -> float:
        return self._created(ALL)

    def _created(self, columns: str) -> float:
        took = seconds(lambda: self.execute(f"CREATE TABLE copied AS SELECT {columns} FROM item"))
        self.execute("DROP TABLE copied")
        return took

    # --- back -------------------------------------------------------------------------------

    def give_column(self) -> float:
        number = self._archived("v")
        archive = self.catalogue.get(number)
        self.fresh("emptied", "SELECT id, a, name, NULL, c FROM base")
        took = self.timed(
            lambda: self.given.give_column(archive, "emptied", "v", fill=("NULL", ()), by=(1, 1, 1))
        )
        self.require_whole("emptied")
        self.copied.discard(number)
        return took

    def give_table(self) -> float:
        number = self._archived("")
        archive = self.catalogue.get(number)
        self.fresh("emptied", f"SELECT {ALL} FROM base WHERE id < 0", indexed=False)
        took = self.timed(lambda: self.given.give_table(archive, model(), {}, by=(1, 1, 1)))
        self.require_whole("emptied")
        self.copied.discard(number)
        return took

    def _archived(self, column: str) -> int:
        number = self.open(column)
        self.keep(number, column)
        if self.connection.vendor == "postgresql":
            self.execute(f"VACUUM ANALYZE _mt_{number}")
        return number

    def update_from(self) -> float:
        """With the index that the archive is joined by, made within the time as ours is."""
        self.execute("CREATE TABLE copied AS SELECT id, v FROM item")
        if self.connection.vendor == "postgresql":
            self.execute("VACUUM ANALYZE copied")
        self.fresh("emptied", "SELECT id, a, name, NULL, c FROM base")
        update = "UPDATE emptied SET v = copied.v FROM copied WHERE emptied.id = copied.id"
        if self.connection.vendor == "mysql":
            update = "UPDATE emptied JOIN copied ON emptied.id = copied.id SET emptied.v = copied.v"
        took = self._theirs("CREATE INDEX copied_k ON copied (id)", update)
        self.require_whole("emptied")
        self.execute("DROP TABLE copied")
        return took

    def insert_select(self) -> float:
        self.execute(f"CREATE TABLE copied AS SELECT {ALL} FROM item")
        if self.connection.vendor == "postgresql":
            self.execute("VACUUM ANALYZE copied")
        self.fresh("emptied", f"SELECT {ALL} FROM base WHERE id < 0", indexed=False)
        took = self._theirs(f"INSERT INTO emptied ({ALL}) SELECT {ALL} FROM copied")
        self.require_whole("emptied")
        self.execute("DROP TABLE copied")
        return took

    # --- both -------------------------------------------------------------------------------

    def timed(self, work: Callable[[], object]) -> float:
        """In one transaction where a step is one."""
        with ExitStack() as stack:
            if self.show:
                stack.enter_context(self.connection.execute_wrapper(told))
            return seconds(lambda: self._whole(work))

    def _theirs(self, *statements: str) -> float:
        return seconds(lambda: self._whole(lambda: [self.execute(each) for each in statements]))

    def _whole(self, work: Callable[[], object]) -> None:
        from django.db import transaction

        if self.connection.features.can_rollback_ddl:
            with transaction.atomic():
                work()
        else:
            work()

    def require_whole(self, table: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"SELECT COUNT(*) FROM {table} JOIN base ON base.id = {table}.id "
                f"WHERE base.v = {table}.v"
            )
            (found,) = cursor.fetchone()
        if found != self.rows:
            raise SystemExit(f"Only {found} of {self.rows} values are back.")

    def execute(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)


def told(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        if (took := time.perf_counter() - started) > 0.005:
            print(f"  {took:7.3f}  {sql}", flush=True)


def model() -> Any:
    """What a migration that makes the table again has."""
    from django.apps.registry import Apps
    from django.db import models

    class Emptied(models.Model):
        id = models.BigIntegerField(primary_key=True)
        a = models.IntegerField()
        name = models.CharField(max_length=80)
        v = models.IntegerField(null=True)
        c = models.CharField(max_length=40, null=True)  # noqa: DJ001

        class Meta:
            apps = Apps()
            app_label = "bench"
            db_table = "emptied"

        def __str__(self) -> str:
            return f"Emptied {self.pk}"

    return Emptied


if __name__ == "__main__":
    main()
