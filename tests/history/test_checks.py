"""What `check --database` says of a history, and that `check` alone asks no database."""

from __future__ import annotations

from django.core.checks import CheckMessage, Tags, run_checks
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from migration_tools.checks import IDS, check_histories
from migration_tools.history.statuses import Kind
from migration_tools.journal import Journal
from tests.helpers import Project, changes_tables, model, record_applied

pytestmark = changes_tables


def messages() -> dict[str, CheckMessage]:
    found = run_checks(tags=[Tags.database], databases=["default"])
    return {m.id: m for m in found if m.id.startswith("migration_tools.")}


def test_a_history_without_troubles_has_no_warning(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    with project.installed():
        assert messages() == {}


def test_a_ghost_and_a_conflict(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration("0002_a")
    project.migration("0002_b", after=[("shop", "0001_initial")])
    with project.installed():
        record_applied(("shop", "0001_initial"), ("shop", "0000_lost"))
        found = messages()
    assert found["migration_tools.W001"].msg.startswith("shop.0000_lost was applied")
    assert found["migration_tools.W001"].msg.endswith("(database 'default')")
    assert found["migration_tools.W003"].hint == "manage.py makemigrations --merge shop"


def test_a_journal_that_is_lost(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    with project.installed():
        Journal(connections["default"]).ensure_tables()
        assert messages() == {}
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE migration_tools_step")
        lost = messages()["migration_tools.W010"]
    assert lost.msg == ("The journal of 'default' is missing: there is no migration_tools_step.")


def test_without_a_database_named_none_is_asked(project: Project) -> None:
    with project.installed(), CaptureQueriesContext(connection) as queries:
        assert check_histories(None, databases=None) == []
    assert len(queries) == 0


def test_every_kind_of_problem_of_one_database_has_its_id() -> None:
    assert set(IDS) == {str(kind) for kind in Kind} - {"unreachable", "different"}
