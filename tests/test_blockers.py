"""`migration_plan --blockers`: a second session that really holds a lock is named."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from typing import Any

import django.db
import pytest
from django.db import connection, migrations
from django.db.backends.base.base import BaseDatabaseWrapper

from migration_tools.backends.blocking import Blocker, Blocking, base, mysql, postgresql, watch_of
from migration_tools.reports.blocking import blocking_as_dict
from tests.helpers import (
    ROOT,
    Project,
    changes_tables,
    foreign_key,
    insert,
    model,
    plan,
    plan_text,
    refusal,
    snapshot,
    sql,
)
from tests.run_commands import answer
from tests.settings import ENGINE

pytestmark = changes_tables

ON_SERVERS = pytest.mark.skipif(ENGINE == "sqlite", reason="a file has no sessions")
PLUGIN = "SELECT 1 FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'METADATA_LOCK_INFO'"


@pytest.fixture
def shop(project: Project) -> Iterator[Project]:
    project.migration("0001_initial", model("Item"), model("Maker"), model("Other"))
    project.migration(
        "0002_maker", migrations.AddField("item", "maker", foreign_key("shop.maker", null=True))
    )
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2])
        yield project


@contextlib.contextmanager
def session() -> Iterator[BaseDatabaseWrapper]:
    """Another session of the same user, in a transaction."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        yield other
    finally:
        with contextlib.suppress(django.db.Error):
            other.rollback()
        other.close()


def run(other: BaseDatabaseWrapper, statement: str) -> None:
    with other.cursor() as cursor:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()


def number_of(other: BaseDatabaseWrapper) -> int:
    query = "SELECT pg_backend_pid()" if ENGINE == "postgresql" else "SELECT CONNECTION_ID()"
    with other.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def blocking(*target: str, **options: Any) -> Any:
    if connection.vendor == "mysql":
        time.sleep(0.2)  # InnoDB lists its transactions as they were up to 0.1 seconds ago
    return plan(*target, blockers=True, **options)["blocking"]


def of(told: Any, number: int) -> Any:
    """What is said of one session; None if it is not named."""
    found = [s for s in told["sessions"] if s["session"].split()[-1] == str(number)]
    assert len(found) < 2
    return found[0] if found else None


@contextlib.contextmanager
def locks_told() -> Iterator[bool]:
    """MariaDB tells locks by a plugin, which this test takes along where it can."""
    if ENGINE != "mariadb":
        yield True
        return
    was_there = bool(sql(PLUGIN))
    if not was_there:
        sql("INSTALL SONAME 'metadata_lock_info'")
    try:
        yield True
    finally:
        if not was_there:
            sql("UNINSTALL SONAME 'metadata_lock_info'")


@ON_SERVERS
def test_who_holds_a_lock_and_how_it_ends(shop: Project) -> None:
    with locks_told(), session() as other:
        run(other, "SELECT id FROM shop_item")
        run(other, "SELECT id FROM shop_other")
        number = number_of(other)
        before = snapshot()
        told = blocking("shop")
        text = plan_text("shop", blockers=True)
        assert snapshot() == before
        found = of(told, number)
        assert found["certain"] is True
        assert {lock["table"] for lock in found["locks"]} == {"shop_item"}
        assert found["seconds"] is not None
        assert "idle in" in found["state"]
        assert found["user"].startswith(str(connection.settings_dict["USER"]))
        assert f"ended by:  {found['end']}" in text
        assert "In the way now: " in text
        sql(found["end"].rstrip(";"))
        end = time.monotonic() + 10  # the server ends it when it looks up next
        while of(blocking("shop"), number) and time.monotonic() < end:
            time.sleep(0.05)
        assert of(blocking("shop"), number) is None
        with pytest.raises(django.db.Error):
            run(other, "SELECT 1")


@ON_SERVERS
def test_the_table_that_a_key_leads_to(shop: Project) -> None:
    with locks_told(), session() as other:
        run(other, "UPDATE shop_maker SET id = 5 WHERE id = 5")
        found = of(blocking("shop"), number_of(other))
    assert {lock["table"] for lock in found["locks"]} == {"shop_maker"}


@ON_SERVERS
def test_a_long_transaction_without_a_lock(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (mysql, postgresql):
        monkeypatch.setattr(room, "LONG", 0)
    with locks_told(), session() as other:
        run(other, "SELECT id FROM shop_other")
        found = of(blocking("shop"), number_of(other))
        monkeypatch.undo()
        assert of(blocking("shop"), number_of(other)) is None
    assert found["locks"] == []
    assert found["certain"] is True


@pytest.mark.skipif(ENGINE != "mariadb", reason="the others tell it of themselves")
def test_where_locks_are_not_told(shop: Project) -> None:
    if sql(PLUGIN):
        pytest.fail("the plugin is installed on this server")
    with session() as other:
        run(other, "SELECT id FROM shop_other FOR UPDATE")
        told = blocking("shop")
        found = of(told, number_of(other))
    assert found["certain"] is False
    assert found["locks"] == []
    assert "INSTALL SONAME 'metadata_lock_info'" in " ".join(told["hidden"])


@pytest.mark.skipif(ENGINE != "postgresql", reason="only there the last query is told")
def test_values_in_queries(shop: Project) -> None:
    with session() as other:
        run(other, "SELECT id FROM shop_item WHERE id = 4711 OR id::text = 'secret'")
        (hidden,) = [s for s in blocking("shop")["sessions"] if s["locks"]]
        (shown,) = [s for s in blocking("shop", query_values=True)["sessions"] if s["locks"]]
    assert hidden["query"] == "SELECT id FROM shop_item WHERE id = ? OR id::text = ?"
    assert "4711" in shown["query"]
    assert "secret" in shown["query"]


@ON_SERVERS
def test_what_this_user_may_not_see(shop: Project) -> None:
    name = connection.settings_dict["NAME"]
    if ENGINE == "postgresql":
        sql("CREATE ROLE mt_sees_little LOGIN")
    else:
        sql("CREATE USER 'mt_sees_little'@'%' IDENTIFIED BY 'x-Y7-little'")
        sql(f"GRANT SELECT ON `{name}`.* TO 'mt_sees_little'@'%'")
    little = connection.copy()
    little.settings_dict = {
        **connection.settings_dict,
        "USER": "mt_sees_little",
        "PASSWORD": "x-Y7-little",
    }
    try:
        with session() as other:
            run(other, "SELECT id FROM shop_item")
            told = watch_of(little).blocking(["shop_item"])
    finally:
        little.close()
        sql("DROP ROLE mt_sees_little" if ENGINE == "postgresql" else "DROP USER mt_sees_little")
    expected = "pg_read_all_stats" if ENGINE == "postgresql" else "it takes PROCESS"
    assert expected in " ".join(told.hidden)


def test_nobody(shop: Project) -> None:
    with locks_told():
        told = blocking("shop")
        text = plan_text("shop", blockers=True)
    assert told["sessions"] == []
    assert "Nobody is in the way now, as far as can be seen." in text
    assert "blocking" not in plan("shop")


@pytest.mark.skipif(ENGINE != "sqlite", reason="a file")
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_that_somebody_writes(shop: Project, mode: str) -> None:
    file = shop.folder / "site.sqlite3"
    entry = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}
    assert shop.manage("migrate", "shop", "0001", databases=entry).returncode == 0
    words = ("migration_plan", "shop", "--blockers", "--format", "json")
    other = sqlite3.connect(file, isolation_level=None)
    try:
        other.execute(f"PRAGMA journal_mode = {mode}")
        told = [json.loads(shop.manage(*words, databases=entry).stdout)["blocking"]]
        other.execute("BEGIN IMMEDIATE")
        told.append(json.loads(shop.manage(*words, databases=entry).stdout)["blocking"])
        other.execute("ROLLBACK")
        told.append(json.loads(shop.manage(*words, databases=entry).stdout)["blocking"])
    finally:
        other.close()
    (found,) = told[1]["sessions"]
    assert found["session"] == f"process {os.getpid()}"
    assert "it is writing" in found["locks"][0]["mode"]
    assert os.path.basename(sys.executable) in found["application"]
    assert told[0]["sessions"] == told[2]["sessions"] == []


def test_in_the_other_formats(shop: Project) -> None:
    with locks_told():
        for form in ("markdown", "html"):
            assert "Nobody is in the way now" in plan_text("shop", blockers=True, format=form)
        with contextlib.ExitStack() as stack:
            if ENGINE != "sqlite":
                run(stack.enter_context(session()), "SELECT id FROM shop_item")
                text = plan_text("shop", blockers=True, format="github")
                assert "::warning title=In the way now::server " in text


def test_without_a_database(shop: Project) -> None:
    message = refusal("migration_plan", "shop", blockers=True, offline=True)
    assert message == "--blockers asks the database: leave out --offline."


def test_values_are_masked() -> None:
    cases = {
        "SELECT 'it''s' FROM t1 WHERE a = -12.5e3": "SELECT ? FROM t1 WHERE a = ?",
        "UPDATE t SET a = E'x\\'y', b = $$z$$": "UPDATE t SET a = ?, b = ?",
        "SELECT 'cut off by the ser": "SELECT ?",
        "SELECT 1 /* the secret */ -- more\n , 2": "SELECT ? , ?",
        'SELECT "column2" FROM "t3"': 'SELECT "column2" FROM "t3"',
    }
    for query, told in cases.items():
        assert base.shown(query, values=False) == told
    assert base.shown('SET a = "x"', values=False, doubled=True) == "SET a = ?"
    assert base.shown("SELECT 'a'", values=True) == "SELECT 'a'"
    assert len(base.shown("x" * 500, values=False)) == base.MOST


def test_every_key_is_documented() -> None:
    told = blocking_as_dict(Blocking(found=(Blocker(session="x", locks=(("a", "b"),)),)))
    (session,) = told["sessions"]
    page = (ROOT / "docs/reference/json.md").read_text().partition("### blocking")[2]
    for key in (*told, *session, *session["locks"][0]):
        assert f"`{key}`" in page.partition("###")[0]


def test_a_vendor_nobody_knows(shop: Project) -> None:
    assert "Nobody has written yet" in base.Watch(connection).blocking(["t"]).hidden[0]
    assert answer("migration_plan", "shop", "0001", blockers=True)
