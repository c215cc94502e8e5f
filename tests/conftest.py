"""Says loudly, first and last, which engine these tests ran on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import django
import hypothesis
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection
from pytest_django.plugin import blocking_manager_key

from tests import accuracy
from tests.helpers import Project, tables_kept
from tests.settings import ENGINE

PRODUCTS = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "mariadb": "MariaDB",
    "mysql": "MySQL",
}
VERSION_QUERIES = {"postgresql": "SHOW server_version", "mysql": "SELECT version()"}
# A statement takes as long as the server takes; a slow example is no failure.
# In CI the same examples every time: a hunt that finds something must not fail another change.
hypothesis.settings.register_profile(
    "database", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("database")

banner_key = pytest.StashKey[str]()


GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the commands print now to tests/golden, to be read before it is committed",
    )
    parser.addoption(
        "--accuracy",
        type=Path,
        metavar="FILE",
        help="write to FILE how many predictions were judged, and how many were right",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-golden") and os.environ.get("CI"):
        raise pytest.UsageError("--update-golden is for people: in CI it would hide every change.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the file of that name, to the letter."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def project(transactional_db: None, tmp_path: Path) -> Iterator[Project]:
    """A project without apps; whatever its migrations leave in the database goes afterwards."""
    with tables_kept():
        yield Project(tmp_path)


def server_version() -> str:
    """What the server calls itself; no database of the tests' own has to exist yet."""
    if connection.vendor == "sqlite":
        return sqlite3.sqlite_version
    with connection._nodb_cursor() as cursor:
        cursor.execute(VERSION_QUERIES[connection.vendor])
        return str(cursor.fetchone()[0])


def engine_under_test() -> tuple[str, str]:
    """The engine that answers; the run ends here if it is not the one that was asked for."""
    asked = PRODUCTS[ENGINE]
    try:
        version = server_version()
    except (Error, ImproperlyConfigured) as error:
        pytest.exit(f"The tests were to run on {asked}, which cannot be reached: {error}", 1)
    # MySQL and MariaDB answer to the same driver, so each can stand where the other should.
    if connection.vendor == "mysql" and ("MariaDB" in version) != (ENGINE == "mariadb"):
        pytest.exit(f"The tests were to run on {asked}, but {version} answers.", 1)
    return asked, version


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workerinput"):  # a worker of pytest-xdist: its controller has asked
        return
    with config.stash[blocking_manager_key].unblock():
        product, version = engine_under_test()
    config.stash[banner_key] = (
        f"ENGINE UNDER TEST: {product} {version}, "
        f"Django {django.get_version()}, Python {platform.python_version()}"
    )
    if path := config.getoption("--accuracy"):
        run = {"engine": ENGINE, "product": product, "version": version}
        run["django"] = ".".join(map(str, django.VERSION[:2]))
        config.pluginmanager.register(accuracy.Tally(path, run))


def pytest_report_header(config: pytest.Config) -> str:
    return config.stash[banner_key]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call":
        report.user_properties = [*report.user_properties, *accuracy.taken()]
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if banner_key in config.stash:
        terminalreporter.write_line(config.stash[banner_key], bold=True)


def sql_modes() -> list[str]:
    return ["strict", "not strict"] if connection.vendor == "mysql" else ["default"]


@pytest.fixture(params=sql_modes())
def sql_mode(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """Both ways of MySQL and MariaDB to treat what does not fit; elsewhere there is but one."""
    if request.param != "not strict":
        yield request.param
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.sql_mode")
        (before,) = cursor.fetchone()
        cursor.execute("SET SESSION sql_mode = ''")
        try:
            yield request.param
        finally:
            cursor.execute("SET SESSION sql_mode = %s", [before])
