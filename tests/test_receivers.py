"""What receivers put into a plan: Django renames the content type of a renamed model."""

from __future__ import annotations

import contextlib

import pytest
from django.core.management import call_command
from django.db import Error, connection
from django.db.migrations import RemoveField, RenameModel

from tests.helpers import Project, codes, insert, model, plan
from tests.steps import integer

CONTENT_TYPES = "django.contrib.contenttypes"
FIRST = ("contenttypes", "0001_initial")
SECOND = ("contenttypes", "0002_remove_content_type_name")


@pytest.mark.parametrize(
    ("app", "installed", "depends", "fails"),
    [
        ("blog", True, [], True),  # sorts before contenttypes
        ("blog", True, [FIRST], True),  # whose table has changed since
        ("blog", True, [SECOND], False),
        ("shop", True, [], False),  # sorts after it
        ("blog", False, [], False),
    ],
)
def test_the_way_back_of_a_renamed_model(
    project: Project, app: str, installed: bool, depends: list[tuple[str, str]], fails: bool
) -> None:
    project.migration("0001_initial", model("Item"), app=app, after=depends)
    project.migration("0002_rename", RenameModel("Item", "Thing"), app=app)
    with project.installed(*([CONTENT_TYPES] if installed else [])):
        project.migrate(app)
        insert(f"{app}_thing", id=[1])
        found = codes(plan(app, "0001"))
        assert found == (["MT110 blocker"] if fails else [])
        with pytest.raises((LookupError, Error)) if fails else contextlib.nullcontext():
            project.migrate(app, "0001")


def test_the_same_fingerprint_before_a_run_and_in_it(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=integer(default=1)))
    project.migration("0002_rename", RenameModel("Item", "Thing"), RemoveField("Thing", "size"))
    with project.installed(CONTENT_TYPES):
        project.migrate("shop", "0001")
        insert("shop_item", id=[1], size=[7])
        accepted = plan("shop")["fingerprint"]
        call_command("migrate_safe", "shop", accept=accepted, verbosity=0, skip_checks=True)
        assert "shop_thing" in connection.introspection.table_names()
