"""The state of a migration and what is odd about it, on real histories."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import connection, migrations, models

from migration_tools.history.problems import problems_of
from migration_tools.history.statuses import Kind, Mark, Problem, State, Survey
from migration_tools.history.survey import survey
from migration_tools.reports.history.text import cell, health
from tests.helpers import Project, changes_tables, model, nothing, record_applied

pytestmark = changes_tables


def states(found: Survey, app: str) -> dict[str, str]:
    return {m.name[:4]: m.state.value for m in found.migrations() if m.app == app}


def marks(found: Survey, app: str) -> dict[str, list[Mark]]:
    return {m.name: list(m.marks) for m in found.migrations() if m.app == app and m.marks}


def only(found: Survey, kind: Kind) -> Problem:
    (problem,) = (problem for problem in found.problems if problem.kind is kind)
    return problem


def shop(project: Project, count: int = 3) -> None:
    project.migration("0001_initial", model("Item"))
    for number in range(2, count + 1):
        field = models.IntegerField(null=True)
        project.migration(f"000{number}_more", migrations.AddField("Item", f"n{number}", field))


def test_applied_and_pending(project: Project) -> None:
    shop(project)
    with project.installed():
        project.migrate("shop", "0002")
        found = survey(connection)
    assert states(found, "shop") == {"0001": "applied", "0002": "applied", "0003": "pending"}
    first, second, third = (m for m in found.migrations() if m.app == "shop")
    assert isinstance(first.applied_at, datetime.datetime)
    assert third.applied_at is None
    assert second.dependencies == ("shop.0001_initial",)
    assert second.dependants == ("shop.0003_more",)
    assert second.operations == ("Add field n2 to Item",)
    assert second.file == str(project.folder / "shop/migrations/0002_more.py")
    assert found.problems == ()


def test_a_ghost_is_found_where_it_was(project: Project) -> None:
    shop(project)
    with project.installed():
        project.migrate("shop")
        project.source("0003_other", LEAF)
        project.remove("0003_more")
        found = survey(connection)
    assert [m.name for m in found.migrations() if m.app == "shop"] == [
        "0001_initial",
        "0002_more",
        "0003_more",
        "0003_other",
    ]
    assert [m.state for m in found.migrations() if m.app == "shop"][2:] == [
        State.GHOST,
        State.PENDING,
    ]
    problem = only(found, Kind.GHOST)
    assert problem.migrations == ("0003_more",)
    assert "its file is gone" in problem.message


LEAF = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_more")]
    operations = []
"""


def test_a_ghost_of_an_app_that_is_gone(project: Project) -> None:
    """Apps come and go: worth a line, no problem."""
    with project.installed():
        record_applied(("gone", "0001_initial"))
        found = survey(connection)
    assert states(found, "gone") == {"0001": "ghost"}
    assert [app.is_installed for app in found.apps if app.label == "gone"] == [False]
    assert found.problems == ()


def test_two_leaves(project: Project) -> None:
    with project.installed("tests.apps.conflict"):
        found = survey(connection)
    assert marks(found, "conflict") == {
        "0002_left": [Mark.CONFLICT],
        "0002_right": [Mark.CONFLICT],
    }
    problem = only(found, Kind.CONFLICT)
    assert problem.remedy == "manage.py makemigrations --merge conflict"
    assert problem.migrations == ("0002_left", "0002_right")


def test_applied_before_its_dependency(project: Project) -> None:
    with project.installed("tests.apps.inconsistent"):
        project.migrate("inconsistent", "0001", fake=True)
        record_applied(("inconsistent", "0003_thing_weight"))
        found = survey(connection)
        assert marks(found, "inconsistent") == {
            "0002_thing_size": [Mark.OUT_OF_ORDER],
            "0003_thing_weight": [Mark.INCONSISTENT],
        }
        problem = only(found, Kind.INCONSISTENT)
        assert "before its dependency inconsistent.0002_thing_size" in problem.message
        (elsewhere,) = problems_of(found.apps, "copy")
        assert "import connections; " in elsewhere.remedy
        assert "MigrationRecorder(connections['copy'])" in elsewhere.remedy
        run_shell(problem.remedy)
        assert survey(connection).problems == ()


def run_shell(remedy: str) -> None:
    """Run what the remedy hands to `manage.py shell -c`."""
    code = remedy.partition(' -c "')[2].removesuffix('"')
    exec(code, {})


def test_nothing_of_a_squashed_history_is_applied(project: Project) -> None:
    with project.installed("tests.apps.squashed"):
        found = survey(connection)
    assert squashed(found) == {
        "0001_initial": "replaced",
        "0001_squashed_0003_thing_weight": "pending",
        "0002_thing_size": "replaced",
        "0003_thing_weight": "replaced",
        "0004_thing_price": "pending",
    }


def squashed(found: Survey) -> dict[str, str]:
    return {m.name: m.state.value for m in found.migrations() if m.app == "squashed"}


def test_a_part_of_a_squashed_history_is_applied(project: Project) -> None:
    with project.installed("tests.apps.squashed"):
        record_applied(("squashed", "0001_initial"), ("squashed", "0002_thing_size"))
        found = survey(connection)
        assert squashed(found) == {
            "0001_initial": "applied",
            "0001_squashed_0003_thing_weight": "partial",
            "0002_thing_size": "applied",
            "0003_thing_weight": "pending",
            "0004_thing_price": "pending",
        }
        problem = only(found, Kind.PARTIAL)
        assert "stands for 3 migrations, of which 2 are applied" in problem.message
        assert problem.remedy == "manage.py migrate squashed 0003_thing_weight"
        assert cell(found, "squashed") == "2/4"  # the squashed one is no fifth
        (elsewhere,) = problems_of(found.apps, "the copy")
        assert elsewhere.remedy == f"{problem.remedy} --database 'the copy'"


def test_all_that_a_squashed_migration_replaces_is_applied(project: Project) -> None:
    names = ("0001_initial", "0002_thing_size", "0003_thing_weight")
    with project.installed("tests.apps.squashed"):
        record_applied(*(("squashed", name) for name in names))
        found = survey(connection)
    assert squashed(found)["0001_squashed_0003_thing_weight"] == "implied"
    (app,) = (app for app in found.apps if app.label == "squashed")
    assert (cell(found, "squashed"), health(app)) == ("1/2", "1 applied, 1 pending")
    assert found.problems == ()


def test_what_the_routers_keep_away(project: Project) -> None:
    with project.installed("tests.apps.routed", DATABASE_ROUTERS=ROUTERS):
        found = survey(connection)
    assert all(m.marks == (Mark.NO_EFFECT,) for m in found.migrations() if m.app == "routed")


class Nowhere:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if app_label == "routed" else None


ROUTERS = [f"{__name__}.Nowhere"]


def test_a_swapped_model(project: Project) -> None:
    project.migration("0001_initial", SWAPPABLE)
    with project.installed(SHOP_ITEM="other.Item"):
        found = survey(connection)
    assert marks(found, "shop") == {"0001_initial": [Mark.SWAPPED]}


SWAPPABLE = model("Item", {"swappable": "SHOP_ITEM"})


def test_no_way_back(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    inner = migrations.SeparateDatabaseAndState([migrations.RunPython(nothing)])
    project.migration("0002_code", inner)
    project.migration("0003_sql", migrations.RunSQL("SELECT 1", "SELECT 1"))
    with project.installed():
        found = survey(connection)
    obstacles = [m.obstacle for m in found.migrations() if m.app == "shop"]
    assert obstacles == ["", "RunPython nothing has no reverse", ""]


def test_a_parent_without_a_file(project: Project) -> None:
    with project.installed("tests.apps.missing_parent"):
        found = survey(connection)
    assert only(found, Kind.BROKEN).message.startswith("Migration missing_parent.")
    assert states(found, "missing_parent")


def test_a_circle(project: Project) -> None:
    with project.installed("tests.apps.circular"):
        found = survey(connection)
    assert "circle" in only(found, Kind.BROKEN).message


def test_apps_without_migrations(project: Project) -> None:
    project.app("plain")
    project.write(
        "plain/models.py",
        "from django.db import models\n\n\nclass Thing(models.Model):\n    pass\n",
    )
    with project.installed():
        found = survey(connection)
    assert [app.is_migrated for app in found.apps if app.label == "plain"] == [False]
