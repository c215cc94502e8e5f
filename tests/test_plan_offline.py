"""``migration_plan --offline``: the same steps and the same fingerprint, without any server."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection, migrations, models
from django.db.backends.base.base import BaseDatabaseWrapper

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    foreign_key,
    insert,
    labels,
    losses,
    model,
    nothing,
    plan,
    plan_text,
    refusal,
    told,
)
from tests.settings import ENGINE

pytestmark = changes_tables

# Django's own backends, with the module of each driver; those that are installed here are tried.
DRIVERS = {"sqlite3": "sqlite3", "postgresql": "psycopg", "mysql": "MySQLdb", "oracle": "oracledb"}
BACKENDS = [backend for backend, driver in DRIVERS.items() if importlib.util.find_spec(driver)]
NOWHERE = {"HOST": "127.0.0.1", "PORT": "1", "USER": "nobody", "PASSWORD": "", "NAME": "/no/where"}


@pytest.fixture
def files(project: Project) -> Iterator[Project]:
    """Something of everything; none of it is applied."""
    project.migration(
        "0001_initial",
        model("Maker", name=models.CharField(max_length=20, unique=True)),
        model(
            "Item",
            maker=foreign_key("shop.maker"),
            price=models.DecimalField(max_digits=8, decimal_places=2),
            color=models.CharField(max_length=9, null=True),
            others=models.ManyToManyField("shop.item"),
        ),
    )
    project.migration(
        "0002_changes",
        migrations.AlterField(
            "item", "price", models.DecimalField(max_digits=9, decimal_places=3, db_index=True)
        ),
        migrations.AlterField("item", "color", models.CharField(max_length=9, default="red")),
        migrations.RenameField("item", "color", "paint"),
        migrations.AlterUniqueTogether("item", {("maker", "paint")}),
        migrations.AddConstraint(
            "item",
            models.CheckConstraint(condition=models.Q(price__gte=0), name="price_not_negative"),
        ),
        migrations.AddConstraint(
            "item",
            models.UniqueConstraint("price", condition=models.Q(paint="red"), name="one_red"),
        ),
        migrations.RunPython(nothing, nothing),
    )
    project.migration("0003_renamed", migrations.RenameModel("Item", "Product"))
    with project.installed():
        yield project


@pytest.fixture
def shop(files: Project) -> Project:
    files.migrate("shop")
    insert("shop_maker", id=[1], name=["Ada"])
    insert("shop_product", maker_id=[1, 1], price=[1, 2], paint=["red", "blue"])
    return files


def without_numbers(report: Any) -> Any:
    """What must not depend on whether a database was asked."""
    return [
        (
            step["app"],
            step["name"],
            step["direction"],
            step["reversible"],
            [(part["index"], part["description"], part["opaque"]) for part in step["operations"]],
        )
        for step in report["steps"]
    ]


def test_the_same_as_with_the_database(shop: Project) -> None:
    for target in (["shop", "zero"], ["shop", "0001"], ["shop", "0002"]):
        online, offline = plan(*target), plan(*target, offline=True)
        assert offline["steps"] != []
        assert without_numbers(offline) == without_numbers(online)
        assert offline["fingerprint"] == online["fingerprint"]
    shop.migrate("shop", "zero", fake=True)
    assert plan(offline=True)["fingerprint"] == plan("shop")["fingerprint"]
    assert labels(plan(offline=True)) == [
        f"shop.{name}" for name in ("0001_initial", "0002_changes", "0003_renamed")
    ]


def test_unknown_is_never_zero(shop: Project) -> None:
    online, offline = plan("shop", "zero"), plan("shop", "zero", offline=True)
    assert {item[0:1] + item[2:3] for item in losses(online)} <= {
        item[0:1] + item[2:3] for item in losses(offline)
    }
    for loss in told(offline, "losses"):
        assert (loss["rows"], loss["values"], loss["exactness"]) == (None, None, "unknown")
    assert {finding["rows"] for finding in told(offline, "findings")} == {None}
    assert offline["exact"] is False
    assert offline["totals"]["unknown"] == offline["totals"]["losses"] + 1  # and the Python code
    assert offline["database"]["server_version"] is None
    text = plan_text("shop", "zero", offline=True)
    assert ", not asked)" in text.splitlines()[0]
    assert " 0 " not in text


def test_a_blocker_needs_rows_to_be_one(files: Project) -> None:
    """Nobody knows whether there are duplicates, so the plan is not said to fail."""
    offline = plan("shop", "0003", offline=True, start="0001")
    assert offline["totals"]["blockers"] == 0
    assert codes(offline) == ["MT108 warning", "MT304 warning", "MT304 warning", "MT201 warning"]


def test_no_query_is_made(files: Project) -> None:
    connection.close()
    asked = OperationalError("Somebody asked.")
    with mock.patch.object(BaseDatabaseWrapper, "cursor", side_effect=asked) as cursor:
        plan("shop", "zero", offline=True)
        plan_text("shop", offline=True)
        plan_text("shop", offline=True, start="0001")
        assert cursor.call_count == 0
        assert "Somebody asked." in refusal("migration_plan", "shop", "zero")


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_server_at_all(files: Project, backend: str) -> None:
    """A new process, a closed port or a folder that is not there, and any of Django's backends."""
    entry = {"ENGINE": f"django.db.backends.{backend}", **NOWHERE}
    done = files.manage(
        "migration_plan", "shop", "zero", "--offline", "--format", "json",
        databases={"default": entry},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    there, here = json.loads(done.stdout), plan("shop", "zero", offline=True)
    assert without_numbers(there) == without_numbers(here)
    assert there["fingerprint"] == here["fingerprint"]
    assert len(there["steps"]) == 3
    assert {loss["exactness"] for loss in told(there, "losses")} == {"unknown"}


def test_every_backend_whose_driver_is_installed_is_tried() -> None:
    """Among them the one that the tests run on."""
    assert {"sqlite": "sqlite3", "mariadb": "mysql"}.get(ENGINE, ENGINE) in BACKENDS
