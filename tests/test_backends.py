"""What each engine does for a preview: refuses writes, gives up in time, tells its columns."""

from __future__ import annotations

import contextlib
import datetime
import re
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection, connections, models, transaction
from django.db.utils import ConnectionHandler

from migration_tools.backends import for_connection
from migration_tools.backends.base import Backend
from migration_tools.columns import Column
from tests.judge import changes_tables

pytestmark = changes_tables

TABLE = "backend_rows"
SETTINGS = {
    "sqlite": ["PRAGMA query_only"],
    "postgresql": [
        "SHOW transaction_read_only",
        "SHOW default_transaction_read_only",
        "SHOW statement_timeout",
    ],
    "mariadb": ["SELECT @@tx_read_only", "SELECT @@max_statement_time", "SELECT @@autocommit"],
    "mysql": [
        "SELECT @@transaction_read_only",
        "SELECT @@max_execution_time",
        "SELECT @@autocommit",
    ],
}


def run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def engine() -> str:
    mariadb = connection.vendor == "mysql" and connection.mysql_is_mariadb
    return "mariadb" if mariadb else connection.vendor


def settings() -> list[Any]:
    return [run(query) for query in SETTINGS[engine()]]


@pytest.fixture
def backend() -> Backend:
    return for_connection(connection)


@pytest.fixture
def table(backend: Backend) -> Iterator[Callable[..., None]]:
    """Makes tables by a name as Django takes it, and drops them afterwards."""
    made: list[str] = []

    def make(name: str, *columns: str) -> None:
        listed = ", ".join(f"{backend.quote(column)} integer" for column in columns or ("v",))
        run(f"CREATE TABLE {backend.quote(name)} ({listed})")
        made.append(name)

    yield make
    for name in reversed(made):
        run(f"DROP TABLE {backend.quote(name)}")


@pytest.fixture
def rows(table: Callable[..., None]) -> int:
    table(TABLE)
    run(f"INSERT INTO {TABLE} (v) VALUES {', '.join(f'({number})' for number in range(200))}")
    return 200


def count() -> int:
    return int(run(f"SELECT COUNT(*) FROM {TABLE}")[0][0])


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    yield


# --- writes are refused ---------------------------------------------------------------------------

WRITES = [
    f"INSERT INTO {TABLE} (v) VALUES (1)",
    f"UPDATE {TABLE} SET v = 1",
    f"DELETE FROM {TABLE}",
    "CREATE TABLE backend_new (v integer)",
    f"DROP TABLE {TABLE}",
]
AROUND = pytest.mark.parametrize("around", [nothing, transaction.atomic], ids=["alone", "atomic"])


@AROUND
@pytest.mark.parametrize("write", WRITES)
def test_the_engine_refuses_a_write(backend: Backend, rows: int, around: Any, write: str) -> None:
    outside = settings()
    with around():
        before = settings()
        with pytest.raises(DatabaseError), backend.read_only():
            run(write)
        assert settings() == before
        run(f"INSERT INTO {TABLE} (v) VALUES (1)")
    assert (count(), settings()) == (rows + 1, outside)


@AROUND
def test_reading_leaves_no_trace(backend: Backend, rows: int, around: Any) -> None:
    outside = settings()
    with around():
        before = settings()
        run(f"INSERT INTO {TABLE} (v) VALUES (1)")
        with backend.read_only():
            assert count() == rows + 1
        assert settings() == before
        run(f"INSERT INTO {TABLE} (v) VALUES (2)")
    assert (count(), settings()) == (rows + 2, outside)
    assert not connection.in_atomic_block


@AROUND
def test_an_error_of_the_reader_leaves_no_trace(backend: Backend, rows: int, around: Any) -> None:
    with around():
        before = settings()
        with pytest.raises(ZeroDivisionError), backend.read_only():
            raise ZeroDivisionError
        assert settings() == before
        run(f"INSERT INTO {TABLE} (v) VALUES (1)")
    assert count() == rows + 1


def test_a_caught_error_does_not_open_the_door(backend: Backend, rows: int) -> None:
    with backend.read_only():
        with contextlib.suppress(DatabaseError), transaction.atomic():
            run("SELECT nothing FROM nowhere")
        with pytest.raises(DatabaseError), transaction.atomic():
            run(f"DELETE FROM {TABLE}")
        assert count() == rows


# --- time -----------------------------------------------------------------------------------------

SLOW = (
    f"SELECT COUNT(*) FROM {TABLE} a, {TABLE} b, {TABLE} c, {TABLE} d WHERE a.v + b.v > c.v * d.v"
)


def test_a_slow_statement_is_given_up(backend: Backend, rows: int) -> None:
    before = settings()
    with backend.read_only():
        inside = settings()
        with pytest.raises(OperationalError), backend.time_limit(0.2):
            run(SLOW)
        assert settings() == inside
        assert count() == rows
        with backend.time_limit(20):
            assert count() == rows
        assert settings() == inside
    assert settings() == before


# --- columns --------------------------------------------------------------------------------------

NAMES = [
    "plain",
    "MixedCase",
    "with blank",
    "select",
    "größe_😀" if connection.vendor != "mysql" else "größe",
    "x" * 63,
    "100%",
    "it's",
    "do.t",
    "back`tick" if connection.vendor != "mysql" else 'quo"te',
]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(backend: Backend, table: Callable[..., None], name: str) -> None:
    columns = ("id", name, "Other One")
    table(name, *columns)
    assert backend.columns_of([name, "not there"]) == {name: columns}
    assert backend.estimated_rows(name) in (None, 0)


def test_many_tables_at_once(backend: Backend, table: Callable[..., None]) -> None:
    table("backend_a", "z", "a")
    table("backend_b", "v")
    assert backend.columns_of(["backend_b", "backend_a", "backend_c"]) == {
        "backend_a": ("z", "a"),
        "backend_b": ("v",),
    }
    assert backend.columns_of([]) == {}


@pytest.mark.parametrize(
    "name", ["", "`", '"', "``", '""', 'a"b`c', '"a', "`a", '"a".', "a.b.c", '"a"."b"."c"', "'"]
)
def test_what_is_no_name_is_no_table(backend: Backend, name: str) -> None:
    assert backend.columns_of([name]) == {}
    assert backend.estimated_rows(name) is None


def test_a_name_with_its_schema(backend: Backend, table: Callable[..., None]) -> None:
    schema = {
        "sqlite": "main",
        "postgresql": "public",
        "mysql": connection.settings_dict["NAME"],
    }[connection.vendor]
    qualified = f"{backend.quote(schema)}.{backend.quote(TABLE)}"
    table(TABLE, "a", "b")
    missing = f"{backend.quote('no_such_schema')}.{backend.quote(TABLE)}"
    assert backend.columns_of([qualified, TABLE, missing]) == {
        qualified: ("a", "b"),
        TABLE: ("a", "b"),
    }
    assert backend.estimated_rows(missing) is None


def test_only_what_is_visible_is_there(backend: Backend, table: Callable[..., None]) -> None:
    """A table of the same name in a place where the connection does not look is another table."""
    other = {
        "sqlite": ("ATTACH ':memory:' AS other_place", "DETACH other_place"),
        "postgresql": ("CREATE SCHEMA other_place", "DROP SCHEMA other_place CASCADE"),
        "mysql": ("CREATE DATABASE other_place", "DROP DATABASE other_place"),
    }[connection.vendor]
    place = backend.quote("other_place")
    run(other[0])
    try:
        run(f"CREATE TABLE {place}.backend_hidden (hidden integer)")
        found = backend.columns_of(["backend_hidden", f"{place}.{backend.quote('backend_hidden')}"])
        assert set(found) == {f"{place}.{backend.quote('backend_hidden')}"}
        table("backend_hidden", "shown")
        assert backend.columns_of(["backend_hidden"]) == {"backend_hidden": ("shown",)}
    finally:
        run(other[1])


def test_estimates_come_from_the_catalogue(backend: Backend, rows: int) -> None:
    # SQLite keeps a figure only where there is an index.
    run(f"CREATE INDEX backend_rows_v ON {TABLE} (v)")
    run(f"ANALYZE {'TABLE' if connection.vendor == 'mysql' else ''} {TABLE}")
    assert backend.estimated_rows(TABLE) == rows
    assert backend.estimated_rows(backend.quote(TABLE)) == rows
    assert backend.estimated_rows("not_there") is None


def test_no_figure_is_no_estimate(backend: Backend, table: Callable[..., None]) -> None:
    table("backend_new_table")
    assert not backend.estimated_rows("backend_new_table")


# --- values ---------------------------------------------------------------------------------------

VALUES = [
    0, -1, 2**63 - 1, -(2**63), "", "it's", 'say "x"', "back\\slash", "100%", "%s", "é😀",
    "new\nline", None, Decimal("1.50"), 1.5, 1e300, b"\x00\xff'", True, False,
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_literal_is_the_value(backend: Backend, value: Any) -> None:
    [(found,)] = run(f"SELECT {backend.literal(value)}")
    if isinstance(value, bytes):
        assert bytes(found) == value
    elif isinstance(value, Decimal | float):
        assert type(value)(found) == value
    else:
        assert found == value


def test_prepared_values_have_literals(backend: Backend) -> None:
    for value in (
        datetime.date(2024, 2, 29),
        datetime.datetime(2024, 2, 29, 1, 2, 3),
        uuid.UUID(int=7),
    ):
        prepared = {
            datetime.date: connection.ops.adapt_datefield_value,
            datetime.datetime: connection.ops.adapt_datetimefield_value,
            uuid.UUID: lambda told: models.UUIDField().get_db_prep_value(told, connection),
        }[type(value)](value)
        [(found,)] = run(f"SELECT {backend.literal(prepared)}")
        assert str(found).replace("-", "") == str(value).replace("-", "")


# --- the server -----------------------------------------------------------------------------------


def test_name_and_version(backend: Backend) -> None:
    assert re.fullmatch(r"\d+\.\d+(\.\d+)?", backend.server_version())
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB", "mysql": "MySQL"}
    assert backend.display_name == names[engine()]
    assert backend.first_class
    assert not backend.is_absent()


class UnknownWrapper:
    """A connection of a vendor that nobody knows; the rest is the one under test."""

    vendor = "unheard of"

    def __getattr__(self, name: str) -> Any:
        return getattr(connections["default"], name)


def column(db_type: str) -> Column:
    return Column(name="v", field="v", type="CharField", kind="CharField", db_type=db_type)


def test_an_unknown_vendor_gets_the_portable_answers() -> None:
    backend = for_connection(UnknownWrapper())  # type: ignore[arg-type]
    assert type(backend) is Backend
    assert not backend.first_class
    assert backend.conversion(column("a"), column("a"), "v").value == "v"
    assert "a to b" in backend.conversion(column("a"), column("b"), "v").unknown


def sqlite(name: str) -> Backend:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    return for_connection(ConnectionHandler({"default": database})["default"])


def test_an_absent_file_is_known_without_making_it(tmp_path: Path) -> None:
    path = tmp_path / "not there.sqlite3"
    assert sqlite(str(path)).is_absent()
    assert sqlite(f"file:{path}").is_absent()
    assert sqlite(f"file:{path}?mode=ro").is_absent()
    assert not path.exists()
    path.touch()
    assert not sqlite(str(path)).is_absent()
    assert not sqlite(f"file:{path}?mode=ro").is_absent()


@pytest.mark.parametrize(
    "name", ["", ":memory:", "file::memory:", "file:x?mode=memory&cache=shared"]
)
def test_a_database_in_memory_is_never_absent(name: str) -> None:
    assert not sqlite(name).is_absent()


def test_a_write_lock_at_begin_does_not_stop_the_reader(tmp_path: Path) -> None:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "immediate.sqlite3"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
    wrapper = ConnectionHandler({"default": database})["default"]
    with for_connection(wrapper).read_only(), wrapper.cursor() as cursor:
        assert cursor.execute("SELECT 1").fetchone() == (1,)
    assert wrapper.features.supports_json_field
    wrapper.close()
