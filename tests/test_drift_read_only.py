"""Drift and the statements of a plan leave no trace in the database they are about."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from typing import Any

from django.db import connection, migrations, models

from tests.helpers import Project, changes_tables, is_clear, model, quote, snapshot, sql
from tests.settings import ENGINE
from tests.test_plan_read_only import listing, reader

pytestmark = changes_tables

COMMANDS = (
    ("migration_diff", "--live", "--format", "json"),
    ("migration_diff", "shop", "applied", "latest", "--format", "json"),
    ("migration_plan", "shop", "--sql", "--format", "json"),
    ("migration_plan", "shop", "zero", "--sql", "--format", "json"),
)


def write_shop(project: Project) -> None:
    """Everything that is run on a shadow: models, raw SQL, Python code, in both directions."""
    project.migration(
        "0001_initial",
        model("Item", size=models.IntegerField(), color=models.CharField(max_length=9)),
    )
    raw = "CREATE INDEX by_sql ON shop_item (size)"
    back = f"DROP INDEX by_sql{' ON shop_item' if connection.vendor == 'mysql' else ''}"
    project.migration("0002_raw", migrations.RunSQL(raw, back))
    project.source("0003_code", CODE)
    more = migrations.AddField("item", "more", models.IntegerField(default=1, db_index=True))
    project.migration("0004_more", more, after=[("shop", "0003_code")])


CODE = """
from django.db import connection, migrations

def forwards(apps, editor):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE shop_item SET size = size + 1")

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_raw")]
    operations = [migrations.RunPython(forwards, forwards)]
"""


@contextlib.contextmanager
def maker_of_shadows() -> Iterator[dict[str, str]]:
    """A reader of the real database, who may make others beside it."""
    with reader() as environment:
        name = environment["MIGRATION_TOOLS_DB_USER"]
        if connection.vendor == "postgresql":
            sql(f"ALTER ROLE {name} CREATEDB")
        else:
            sql(f"GRANT ALL ON `\\_mt\\_shadow\\_%`.* TO '{name}'@'%'")
        yield environment


def state() -> Any:
    """All rows, and what the engine itself knows of the tables."""
    tables = sorted(connection.introspection.table_names())
    if connection.vendor == "postgresql":
        known = sql("SELECT relname, relfilenode, xmin::text FROM pg_class ORDER BY oid")
    else:
        known = sql(f"CHECKSUM TABLE {', '.join(map(quote, tables))}")
        known += [sql(f"SHOW CREATE TABLE {quote(table)}")[0] for table in tables]
    return snapshot(), known


if ENGINE == "sqlite":

    def test_the_file_stays_as_it_is(project: Project) -> None:
        write_shop(project)
        file = project.folder / "site.sqlite3"
        entry = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
        assert project.manage("migrate", "shop", "0003", databases=entry).returncode == 0
        with contextlib.closing(sqlite3.connect(file)) as database, database:
            database.execute("INSERT INTO shop_item (size, color) VALUES (1, 'x')")
        before = file.read_bytes(), file.stat().st_mtime_ns, listing(project.folder)
        for command in COMMANDS:
            done = project.manage(*command, databases=entry)
            assert (done.returncode, done.stderr) == (0, "")
            assert json.loads(done.stdout).get("differences", []) == []
        assert (file.read_bytes(), file.stat().st_mtime_ns, listing(project.folder)) == before

else:

    def test_no_right_to_write_is_needed(project: Project) -> None:
        write_shop(project)
        with project.installed():
            project.migrate("shop", "0003")
        sql("INSERT INTO shop_item (size, color) VALUES (1, 'x')")
        with maker_of_shadows() as environment:
            # The user can do nothing else, or this test shows nothing.
            denied = project.manage("migrate", "shop", "0004", environment=environment)
            assert denied.returncode != 0
            before = state()
            for command in COMMANDS:
                done = project.manage(*command, environment=environment)
                assert (done.returncode, done.stderr) == (0, "")
                report = json.loads(done.stdout)
                assert report.get("differences", []) == []
                assert report.get("sql", {}).get("exact", True)
            assert state() == before

    def test_without_a_shadow_it_says_so(project: Project) -> None:
        write_shop(project)
        with project.installed():
            project.migrate("shop", "0003")
        with reader() as environment:
            done = project.manage("migration_diff", "--live", environment=environment)
        assert (done.returncode, done.stdout) == (1, "")
        assert is_clear(done.stderr.removesuffix("\n")), done.stderr
        assert "No shadow database can be made" in done.stderr
