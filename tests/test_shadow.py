"""The shadow database: always removed, never the real one; and users who may not make one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, migrations, models

from migration_tools.backends.scratch import scratch_for
from migration_tools.backends.scratch.base import is_left_behind, new_name
from migration_tools.plan import Target, make_plan
from migration_tools.schema.isolation import run_isolated
from migration_tools.schema.shadow import sql_of
from tests.helpers import (
    Project,
    changes_tables,
    insert,
    is_clear,
    model,
    plan,
    quote,
    snapshot,
    sql,
)
from tests.settings import ENGINE

pytestmark = changes_tables

NAMES = {
    "postgresql": "SELECT datname FROM pg_database",
    "mysql": "SELECT schema_name FROM information_schema.schemata",
}
servers_only = pytest.mark.skipif(ENGINE == "sqlite", reason="SQLite has no server and no users")

CARELESS = """
import threading
from django.db import connection, connections, migrations, models

def python(apps, editor):
    raise Exception("it was run")

class Careless(migrations.operations.base.Operation):
    reversible = True
    def state_forwards(self, app_label, state): pass
    def database_backwards(self, *args): pass
    def database_forwards(self, app_label, editor, *states):
        def work():
            with connections["default"].cursor() as cursor:
                cursor.execute("INSERT INTO shop_item (size) VALUES (1)")
            connections["default"].close()
        thread = threading.Thread(target=work)
        if connection.vendor != "sqlite":
            thread.start()
            thread.join()
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO shop_item (size) VALUES (2)")

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL("DELETE FROM shop_item"),
        Careless(),
        migrations.SeparateDatabaseAndState([migrations.RunPython(python, python)]),
        migrations.RemoveField("item", "size"),
    ]
"""


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    project.source("0002_careless", CARELESS)


def shadows() -> set[str]:
    if ENGINE == "sqlite":
        return set()
    own = f"_{os.getpid()}_"
    names = {str(row[0]) for row in sql(NAMES[connection.vendor])}
    return {name for name in names if name.startswith("_mt_shadow_") and own in name}


def test_careless_code_does_not_reach_the_real_database(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", size=[7])
        before = snapshot()
        told = sql_of(make_plan(Target(app="shop"), connection), connection)
        assert snapshot() == before
    assert told.error == ""
    statements = told.steps[0].statements
    assert "INSERT INTO shop_item (size) VALUES (2)" in [s.sql for s in statements]
    assert [s.operation for s in statements if s.code] == [2]
    assert shadows() == set()


def test_the_parents_connection_outlives_the_shadow(project: Project) -> None:
    write_shop(project)
    with project.installed():
        project.migrate("shop", "0001")
        session = connection.connection
        plan("shop", sql=True)
        assert sql("SELECT 1") == [(1,)]
        assert connection.connection is session


def test_a_file_stays_as_it_is(project: Project) -> None:
    write_shop(project)
    file = project.folder / "site.sqlite3"
    entry = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
    assert project.manage("migrate", "shop", "0001", databases=entry).returncode == 0
    before = file.read_bytes(), file.stat().st_mtime_ns, files(project.folder)
    done = project.manage("migration_plan", "shop", "--sql", databases=entry)
    assert (done.returncode, done.stderr) == (0, "")
    assert 'DROP COLUMN "size"' in done.stdout
    assert (file.read_bytes(), file.stat().st_mtime_ns, files(project.folder)) == before


def files(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_a_process_that_is_started_anew(project: Project) -> None:
    """As where processes cannot be copied, and where threads are about."""
    write_plain(project)
    with project.installed():
        project.migrate("shop", "0001")
        expected = plan("shop", sql=True)
    patch = "import migration_tools.schema.isolation as i\ni._method = lambda: 'spawn'\n"
    if ENGINE == "sqlite":
        return  # its test database is in this process's memory
    done = project.manage("migration_plan", "shop", "--sql", "--format=json", more=patch)
    assert done.stderr == "", done.stderr
    assert json.loads(done.stdout)["steps"] == expected["steps"]


def test_threads_are_noticed() -> None:
    from migration_tools.schema.isolation import _method

    assert _method() == ("fork" if threading.active_count() == 1 else "spawn")
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    assert _method() == "spawn"
    stop.set()
    thread.join()


# --- leftovers --------------------------------------------------------------------------------


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    return process.pid


def test_leftovers_are_known_by_name() -> None:
    own = new_name()
    assert not is_left_behind(own)
    assert len(own) < 64
    pid = f"_{os.getpid()}_"
    assert is_left_behind(own.replace(pid, f"_{dead_process()}_"))
    machine = own.split("_")[3]
    elsewhere = own.replace(machine, "ffffff")
    assert not is_left_behind(elsewhere.replace(pid, "_1_"))
    assert is_left_behind("_mt_shadow_ffffff_1_0000aaaa_1234")
    assert not is_left_behind("mt_shadow_ffffff_1_0000aaaa_1234")


@servers_only
def test_leftovers_of_a_killed_process_are_removed(project: Project) -> None:
    alive = new_name()
    dead = alive.replace(f"_{os.getpid()}_", f"_{dead_process()}_")
    sql(f"CREATE DATABASE {quote(alive)}")
    sql(f"CREATE DATABASE {quote(dead)}")
    try:
        with scratch_for(connection).database() as settings:
            names = {row[0] for row in sql(NAMES[connection.vendor])}
            assert settings["NAME"] in names
        assert alive in names
        assert dead not in names
    finally:
        sql(f"DROP DATABASE {quote(alive)}")
        sql(f"DROP DATABASE IF EXISTS {quote(dead)}")
    assert shadows() == set()


# --- users who may do less --------------------------------------------------------------------


@contextlib.contextmanager
def user(*, creates: bool, temporary: bool = True) -> Iterator[dict[str, str]]:
    """Who may read everything and write nothing, as the environment of a process."""
    name = f"mt_shadow_{ENGINE}_{os.getpid()}"[:32]
    own = quote(str(connection.settings_dict["NAME"]))
    if connection.vendor == "postgresql":
        sql(f"CREATE ROLE {name} LOGIN PASSWORD 'x' {'CREATEDB' if creates else ''}")
        sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        if not temporary:
            sql(f"REVOKE TEMPORARY ON DATABASE {own} FROM PUBLIC")
        drop = [
            f"GRANT TEMPORARY ON DATABASE {own} TO PUBLIC",
            f"DROP OWNED BY {name}",
            f"DROP ROLE {name}",
        ]
    else:
        sql(f"CREATE USER '{name}'@'%' IDENTIFIED BY 'x'")
        sql(f"GRANT SELECT ON {own}.* TO '{name}'@'%'")
        if creates:
            sql(f"GRANT ALL ON `\\_mt\\_shadow\\_%`.* TO '{name}'@'%'")
        drop = [f"DROP USER '{name}'@'%'"]
    try:
        yield {"MIGRATION_TOOLS_DB_USER": name, "MIGRATION_TOOLS_DB_PASSWORD": "x"}
    finally:
        for statement in drop:
            sql(statement)


def write_plain(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField(db_index=True)))
    project.migration("0002_gone", migrations.AlterField("item", "size", models.IntegerField()))


@servers_only
@pytest.mark.parametrize(("creates", "temporary"), [(True, True), (False, True), (False, False)])
def test_a_user_who_may_write_nothing(project: Project, creates: bool, temporary: bool) -> None:
    write_plain(project)
    with project.installed():
        project.migrate("shop", "0001")
        expected = plan("shop", sql=True)
    insert("shop_item", size=[7])
    before = snapshot()
    with user(creates=creates, temporary=temporary) as environment:
        done = project.manage(
            "migration_plan", "shop", "--sql", "--format=json", environment=environment
        )
        text = project.manage("migration_plan", "shop", "--sql", environment=environment).stdout
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        live = project.manage("migration_diff", "--live", "--check", environment=environment)
    assert snapshot() == before
    if creates:
        assert live.returncode == 0, live.stderr
    else:
        assert live.returncode == 1
        assert is_clear(live.stderr.removesuffix("\n"))
    session = temporary and connection.vendor == "postgresql"
    source = "clone" if creates else "models" if session else "none"
    assert report["sql"]["source"] == source
    assert without_locks(report) == without_locks(expected)
    assert report["sql"]["exact"] == creates
    if not creates:
        assert "No better, because No shadow database can be made: " in text
    assert ("Names not resolved" in text) == (source == "none")


def without_locks(report: Any) -> list[dict[str, Any]]:
    """Of what was only collected nobody knows them."""
    return [s | {"locks": []} for step in report["steps"] for s in step["statements"]]


def tables_that_stay(connection: Any) -> list[str]:
    """In the process of the shadow; PostgreSQL alone waits for the disk at each index, the others
    would write them to the log of what replicas do, too."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE looked_at (a integer)")
        if connection.vendor == "mysql":
            cursor.execute("SELECT 'in the log' WHERE @@SESSION.sql_log_bin")
            return [told for (told,) in cursor.fetchall()]
        if connection.vendor != "postgresql":
            return []
        cursor.execute("SELECT relname FROM pg_class WHERE relpersistence <> 't' AND oid > 16384")
        return [name for (name,) in cursor.fetchall()]


def test_what_is_only_looked_at_is_written_to_no_disk() -> None:
    scratch = scratch_for(connection)
    with scratch.database() as settings:
        look = scratch.for_a_look(settings)
        assert run_isolated(tables_that_stay, connection.alias, look) == []
