"""The pages of histories and databases in trouble: they say what is wrong, and never fail."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client

from migration_tools.journal import TABLES
from tests.helpers import Project, changes_tables, insert, record_applied, sql
from tests.settings import ENGINE
from tests.web.site import ROOT, Page

pytestmark = changes_tables

NASTY = "0004_<script>alert('1')&\"|`x`"
EVERY_PAGE = ["", "?losses=1", "runs/", "archives/", "migrations/shop/0001_initial/"]


def page(client: Client, address: str) -> Page:
    answer = client.get(address if address.startswith("/") else ROOT + address)
    assert answer.status_code == 200
    return Page(answer.content.decode())


def named(client: Client, name: str) -> Page:
    """The page of a migration, through its link in the report."""
    links = [link for link in page(client, "").links(ROOT) if name in unquote(link)]
    return page(client, links[0])


def test_a_ghost(root: Client, shop: Project) -> None:
    record_applied(("shop", "0001_initial"), ("shop", "0002/gone?<b>#%"))
    told = page(root, "")
    assert "ghost: shop.0002/gone?<b>#% was applied" in told.text
    ghost = named(root, "0002/gone")
    assert "State ghost" in ghost.text
    assert "git log --all --oneline" in ghost.text
    assert "none: its file is gone" in ghost.text


def test_a_conflict_and_a_name_that_is_code(root: Client, shop: Project) -> None:
    shop.migration(NASTY, after=[("shop", "0003_size")])
    shop.migration("0004_other", after=[("shop", "0003_size")])
    answer = root.get(ROOT)
    assert b"<script>alert" not in answer.content
    told = Page(answer.content.decode())
    assert "makemigrations --merge shop" in told.text
    assert NASTY in told.text
    assert {tag for tag, a in told.tags if tag == "script" and "src" not in a} == set()
    nasty = named(root, NASTY)
    assert "State pending , conflict" in nasty.text
    assert f"shop.{NASTY}" in nasty.text
    for address in EVERY_PAGE:
        page(root, address)


def test_applied_before_its_dependency(root: Client, shop: Project) -> None:
    record_applied(("shop", "0001_initial"), ("shop", "0003_size"))
    assert "applied before its dependency shop.0002_note" in page(root, "").text
    assert "State applied , inconsistent" in named(root, "0003_size").text
    for address in EVERY_PAGE:
        page(root, address)


def test_edited_since_it_ran(root: Client, shop: Project) -> None:
    call_command("migrate_safe", "shop", stdout=io.StringIO(), interactive=False)
    file = shop.folder / "shop/migrations/0002_note.py"
    file.write_text(file.read_text().replace("null=True", "null=True, default='<i>'"))
    told = named(root, "0002_note")
    assert "edited since" in told.text
    assert "+ field=models.TextField(null=True, default='<i>')" in told.text
    assert "edited:" in page(root, "").text


def test_a_file_that_cannot_be_imported(root: Client, shop: Project) -> None:
    shop.source("0004_broken", "raise RuntimeError('at <import>')")
    for address in ("", "migrations/shop/0001_initial/"):
        told = page(root, address)
        assert "No whole answer:" in told.text
        assert "at <import>" in told.text
    page(root, "runs/")


def test_a_dependency_that_is_not_there(root: Client, shop: Project) -> None:
    shop.migration("0004_lost", after=[("shop", "0000_nowhere")])
    assert "0000_nowhere" in page(root, "").text
    for address in EVERY_PAGE:
        page(root, address)


def test_python_code_is_not_run(root: Client, shop: Project) -> None:
    shop.source("0004_code", CODE)
    call_command("migrate_safe", "shop", "0003", stdout=io.StringIO(), interactive=False)
    page(root, "?losses=1")
    page(root, "migrations/shop/0004_code/?losses=1")


CODE = """
from django.db import migrations


def explode(apps, editor):
    raise RuntimeError("it was run")


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_size")]
    operations = [migrations.RunPython(explode, explode)]
"""


# --- databases --------------------------------------------------------------------------------


@contextlib.contextmanager
def another(**settings: Any) -> Iterator[None]:
    connections.settings["other <b>"] = {**connection.settings_dict, **settings}
    with contextlib.suppress(ImproperlyConfigured):
        unguarded(connections["other <b>"])
    try:
        yield
    finally:
        del connections.settings["other <b>"]
        with contextlib.suppress(AttributeError):
            del connections["other <b>"]


def unguarded(wrapper: Any) -> None:
    """The test case forbids aliases that were not there when it began."""

    def ensure_connection() -> None:
        with wrapper.wrap_database_errors:
            wrapper.connect()

    wrapper.ensure_connection = ensure_connection


OTHER = "?database=other+%3Cb%3E"


def unreachable(folder: Any) -> dict[str, Any]:
    if ENGINE == "sqlite":
        return {"NAME": str(folder)}
    return {"HOST": "127.0.0.1", "PORT": "1"}


def test_a_database_that_does_not_answer(root: Client, shop: Project) -> None:
    with another(**unreachable(shop.folder)):
        told = page(root, OTHER)
        assert "The database 'other <b>' cannot be asked:" in told.text
        assert "shop 3 unknown" in told.text
        for address in ("runs/", "archives/", "runs/1/", "archives/1/"):
            assert "No whole answer:" in page(root, f"{address}{OTHER}").text
        page(root, f"{OTHER}&losses=1")
        assert "State unknown" in page(root, f"migrations/shop/0001_initial/{OTHER}").text
        # The others are there all the same, and lead to themselves.
        assert "?database=other%20%3Cb%3E" in page(root, "").links("?")
        assert told.links(f"{ROOT}runs/") == [f"{ROOT}runs/{OTHER}"]
        assert "shop 3 pending" in page(root, "").text


def test_a_database_without_its_driver(root: Client, shop: Project) -> None:
    with another(ENGINE="no_such.backend"):
        for address in EVERY_PAGE:
            joined = f"{address}&{OTHER[1:]}" if "?" in address else f"{address}{OTHER}"
            assert "cannot be used:" in page(root, joined).text


def test_a_journal_that_cannot_be_read(
    root: Client, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where requests run in a transaction, which a refused query would break."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    call_command("migrate_safe", "shop", stdout=io.StringIO(), interactive=False)
    insert("shop_item", id=[1], note=["x"])
    losing = {"stdout": io.StringIO(), "interactive": False, "allow_data_loss": True}
    call_command("migrate_safe", "shop", "0001", **losing)
    for table in TABLES:
        sql(f"DROP TABLE {table}")
        sql(f"CREATE TABLE {table} (x integer)")
    told = page(root, "")
    assert "shop 1 applied, 2 pending" in told.text
    assert "1 archive kept" in told.text
    assert "State applied" in page(root, "migrations/shop/0001_initial/").text
    assert "No whole answer:" in page(root, "runs/").text
    assert "shop.0002_note" in page(root, "archives/").text
