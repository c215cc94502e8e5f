"""`migration_diff --vendor`: the SQL of an engine, without a server and without any connection."""

from __future__ import annotations

import ast
import contextlib
import inspect
import json
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, connection, migrations, models
from django.utils.module_loading import import_string

from migration_tools.backends.scratch import SERVERLESS
from migration_tools.backends.unconnected.session import Unconnected
from tests.helpers import Project, changes_tables, model
from tests.run_commands import answer
from tests.settings import ENGINE
from tests.zoo import write_zoo

pytestmark = changes_tables

#: A server's casts, character sets and parentheses are its own, and so is how it writes a name.
OWN_WORDS = re.compile(
    r"::(character varying|[a-z]+)|_utf8mb4(?=')|[()\"`]|(?: DEFAULT)? CHARSET=\S+| COLLATE=\S+"
)


def told(*points: str, **options: Any) -> Any:
    return json.loads(answer("migration_diff", *points, format="json", **options))


def meant(diff: list[str]) -> Counter[str]:
    """What is added and removed; the number of a line and the words of a server put aside."""
    lines = (OWN_WORDS.sub("", line).lower() for line in diff if not line.startswith("@@"))
    return Counter(lines)


def as_the_server() -> Any:
    """The version of the server here: types and defaults may depend on it."""
    version = connection.get_database_version()
    return mock.patch.object(Unconnected, "oldest", version)


@pytest.mark.parametrize(
    ("app", "points"),
    [
        ("shop", ("zero", "latest")),
        ("shop", ("latest", "0003")),
        ("Cars", ("zero", "latest")),
    ],
)
def test_the_same_as_with_a_server(project: Project, app: str, points: tuple[str, ...]) -> None:
    write_zoo(project)
    with project.installed("Cars"):
        with_server = told(app, *points)
        with as_the_server():
            without = told(app, *points, vendor=ENGINE)
    assert without["steps"] == with_server["steps"]
    assert without["steps"] != []
    assert [found["app"] for found in without["apps"]] == [app]
    ((here,), (there,)) = without["apps"], with_server["apps"]
    ours, theirs = meant(here["diff"]), meant(there["diff"])
    assert (ours - theirs, theirs - ours) == (Counter(), Counter())


#: Django's wrapper of each, with the module of its driver; those that are installed here are tried.
WRAPPERS = {
    "mariadb": ("django.db.backends.mysql.base.DatabaseWrapper", "MySQLdb"),
    "mysql": ("django.db.backends.mysql.base.DatabaseWrapper", "MySQLdb"),
    "postgresql": ("django.db.backends.postgresql.base.DatabaseWrapper", "psycopg"),
}
SERVERS = {v: wrapper for v, (wrapper, driver) in WRAPPERS.items() if find_spec(driver)}


def test_every_engine_is_compared_with_its_server() -> None:
    assert sorted([*WRAPPERS, "sqlite"]) == sorted(SERVERLESS)
    assert ENGINE in [*SERVERS, "sqlite"]


@pytest.mark.engine_neutral
@pytest.mark.parametrize("vendor", SERVERS)
def test_no_connection_is_made(project: Project, vendor: str) -> None:
    """Neither to a server of that engine nor to the project's own database."""
    by_hand = "CREATE VIEW seen AS SELECT 1 AS a"
    project.migration("0001_initial", model("Item", size=models.IntegerField(default=1)))
    project.migration(
        "0002_more",
        migrations.RunSQL([by_hand, "CREATE TABLE own (a integer NOT NULL)"]),
        migrations.AddField("item", "name", models.CharField(max_length=5, default="it's")),
        migrations.RenameField("item", "size", "length"),
    )
    somebody = OperationalError("Somebody connects.")
    with project.installed():
        connection.close()
        with contextlib.ExitStack() as patches:
            for wrapper in set(SERVERS.values()):
                there = mock.patch(f"{wrapper}.get_new_connection", side_effect=somebody)
                patches.enter_context(there)
            # One in memory is never closed.
            here = "django.db.backends.sqlite3.base.DatabaseWrapper.cursor"
            patches.enter_context(mock.patch(here)).side_effect = somebody
            with pytest.raises(OperationalError):
                connection.cursor()
            report = told("shop", "zero", "latest", vendor=vendor)
    ((shop,),) = (report["apps"],)
    names = {line.split()[1].strip('"`') for line in shop["diff"] if line.startswith("+    ")}
    assert {"id", "length", "name"} <= names
    assert "size" not in names
    assert by_hand in report["steps"][1]["statements"]
    assert "No server was asked" in report["note"]
    assert report["note"].endswith(f"is not in the diff: {by_hand}.")


BY_ENGINE = """
from django.db import connection, migrations

class Migration(migrations.Migration):
    operations = [migrations.RunSQL(f"CREATE TABLE only_{connection.vendor} (a integer)")]
"""


@pytest.mark.engine_neutral
def test_a_migration_that_looks_at_the_engine_sees_the_one_that_is_asked_for(
    project: Project,
) -> None:
    project.source("0001_initial", BY_ENGINE)
    with project.installed():
        for vendor in SERVERS:
            (step,) = told("shop", "zero", "latest", vendor=vendor)["steps"]
            name = vendor.replace("mariadb", "mysql")
            assert step["statements"] == [f"CREATE TABLE only_{name} (a integer)"]


@pytest.mark.engine_neutral
@pytest.mark.parametrize("vendor", WRAPPERS)
def test_a_missing_driver_is_told(project: Project, vendor: str) -> None:
    project.migration("0001_initial", model("Item"))
    for driver in ("psycopg", "psycopg2", "MySQLdb"):
        project.write(f"{driver}.py", "raise ImportError('not installed')")
    nowhere = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/no/where"}}
    words = ("migration_diff", "shop", "zero", "latest", "--vendor", vendor)
    done = project.manage(*words, databases=nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"CommandError: The SQL of {vendor} takes the driver")
    assert "Traceback" not in done.stderr
    assert "python -m pip install" in done.stderr


@pytest.mark.engine_neutral
@pytest.mark.parametrize("wrapper", sorted(set(SERVERS.values())))
def test_what_stands_in_for_the_parts_of_a_connection(wrapper: str) -> None:
    """Private parts of Django, which every backend of it has to have."""
    kind: Any = import_string(wrapper)
    for method, names in {
        "_set_autocommit": ["self", "autocommit"],
        "_close": ["self"],
        "get_new_connection": ["self", "conn_params"],
        "get_connection_params": ["self"],
        "init_connection_state": ["self"],
    }.items():
        assert list(inspect.signature(getattr(kind, method)).parameters) == names, method
    # What a value is quoted by.
    source = inspect.getsource(kind.SchemaEditorClass.quote_value)
    assert "self.connection.connection" in source


@pytest.mark.engine_neutral
def test_the_adapters_of_a_connection_are_those_of_django() -> None:
    """Read, not imported: that takes the driver, which is not needed to know it."""
    spec = find_spec("django.db.backends.postgresql.psycopg_any")
    assert spec is not None
    assert spec.origin is not None
    (adapters,) = (
        node
        for node in ast.walk(ast.parse(Path(spec.origin).read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "get_adapters_template"
    )
    assert [argument.arg for argument in adapters.args.args] == ["use_tz", "timezone"]
