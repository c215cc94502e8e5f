"""What is told of RunPython: its function, where it is, the models it asks for; and of noop."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.db.migrations import RunPython, RunSQL, SeparateDatabaseAndState

from tests.helpers import (
    Project,
    changes_tables,
    codes,
    model,
    nothing,
    plan,
    plan_text,
    sql,
    told,
)
from tests.steps import ids, insert, text

pytestmark = changes_tables

STEP = """
import functools

from django.db import migrations

NAME = "Item"


{code}


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [{operation}]
"""

#: The code of a step whose function is `fill`, the models told, and what is told to be unread.
READ: dict[str, tuple[str, list[str], list[str]]] = {
    "none": ("def fill(apps, editor):\n    editor.connection.ops", [], []),
    "two words": ("def fill(apps, editor):\n    apps.get_model('shop', 'Item')", ["shop.Item"], []),
    "one word": ("def fill(apps, editor):\n    apps.get_model('shop.Item')", ["shop.Item"], []),
    "keywords": (
        "def fill(apps, editor):\n    apps.get_model(model_name='Item', app_label='shop')",
        ["shop.Item"],
        [],
    ),
    "mixed": (
        "def fill(apps, editor):\n    apps.get_model('shop', model_name='Item')",
        ["shop.Item"],
        [],
    ),
    "in order, once": (
        (
            "def fill(apps, editor):\n"
            "    Tag = apps.get_model('shop', 'Tag')\n"
            "    for item in apps.get_model('shop', 'Item').objects.all():\n"
            "        apps.get_model('shop', 'Tag')"
        ),
        ["shop.Tag", "shop.Item"],
        [],
    ),
    "registry": (
        "def fill(registry, editor):\n    get = registry.get_model\n    registry.get_model('a.B')",
        ["a.B"],
        [],
    ),
    "helper": (
        (
            "def fill(apps, editor):\n    each(apps)\n\n\n"
            "def each(apps):\n    one(apps.get_model('shop', 'Item'))\n    each(apps)\n\n\n"
            "def one(item):\n    pass\n\n\n"
            "def other(apps):\n    apps.get_model('shop', 'Other')"
        ),
        ["shop.Item"],
        [],
    ),
    "a name": (
        "def fill(apps, editor):\n    apps.get_model('shop', NAME)\n    apps.get_model('shop.Tag')",
        ["shop.Tag"],
        ["`apps.get_model('shop', NAME)`"],
    ),
    "an odd text": (
        "def fill(apps, editor):\n    apps.get_model('shop')",
        [],
        ["`apps.get_model('shop')`"],
    ),
    "partial": (
        (
            "def filler(apps, editor, *, size):\n    apps.get_model('shop.Item')\n\n\n"
            "fill = functools.partial(filler, size=1)"
        ),
        ["shop.Item"],
        [],
    ),
    "object": (
        ("class Fill:\n    def __call__(self, apps, editor):\n        pass\n\n\nfill = Fill()"),
        [],
        ["its source cannot be read"],
    ),
    "lambda": (
        "fill = lambda apps, editor: apps.get_model('shop.Item')",
        ["shop.Item"],
        [],
    ),
}


def written(project: Project, code: str, operation: str = "migrations.RunPython(fill)") -> None:
    project.write("shop/models.py")  # pre_migrate is sent for apps that have models
    project.migration("0001_initial", model("Item"))
    project.source("0002_step", STEP.format(code=code, operation=operation))


@pytest.mark.parametrize("name", READ)
def test_models(project: Project, name: str) -> None:
    code, models, unread = READ[name]
    written(project, code)
    with project.installed():
        project.migrate("shop", "0001")
        (step,) = plan("shop")["steps"]
        (part,) = step["operations"]
        (python,) = part["python"]
        assert (python["models"], python["unread"]) == (models, unread)
        (found,) = part["findings"]
        for text in (*models, *unread):
            assert text in found["message"]
        assert ("; asks for " in found["message"]) == bool(models)
        assert ("cannot be read" in found["message"]) == bool(unread)
        if name == "object":
            return
        file = project.folder / "shop/migrations/0002_step.py"
        assert python["file"] == str(file)
        assert ("def " in file.read_text().splitlines()[python["line"] - 1]) == (name != "lambda")
        assert python["function"] == {"partial": "filler", "lambda": "<lambda>"}.get(name, "fill")


def test_where_it_is_shown(project: Project) -> None:
    """Inside of other operations as well, and in every format."""
    code = "def fill(apps, editor):\n    apps.get_model('shop', 'Item')"
    inner = "migrations.SeparateDatabaseAndState([migrations.RunPython(fill, fill)])"
    written(project, code, inner)
    with project.installed():
        project.migrate("shop", "0001")
        said = "fill (" + str(project.folder / "shop/migrations/0002_step.py") + ":9; "
        assert f"{said}asks for shop.Item)" in plan_text("shop")
        assert "asks for shop.Item" in plan_text("shop", format="markdown")
        assert "asks for shop.Item" in plan_text("shop", format="github")
        project.migrate("shop")
        (step,) = plan("shop", "0001")["steps"]
        assert [python["function"] for python in step["operations"][0]["python"]] == ["fill"]


def test_nothing_runs_no_python(project: Project) -> None:
    written(project, "", "migrations.RunPython(migrations.RunPython.noop)")
    with project.installed():
        project.migrate("shop", "0001")
        assert [part["python"] for part in plan("shop")["steps"][0]["operations"]] == [[]]


# --- reverses that do nothing -----------------------------------------------------------------

CHANGE = "UPDATE shop_item SET note = 'x'"
BACK = "UPDATE shop_item SET note = 'y'"
DONE: dict[str, tuple[Any, list[str]]] = {
    "python": (RunPython(nothing, RunPython.noop), ["RunPython nothing"]),
    "sql": (RunSQL(CHANGE, RunSQL.noop), ["RunSQL"]),
    "no statement": (RunSQL([CHANGE], []), ["RunSQL"]),
    "inner": (
        SeparateDatabaseAndState([RunPython(nothing, RunPython.noop), RunSQL(CHANGE, "")]),
        ["RunPython nothing", "RunSQL"],
    ),
    "state only": (SeparateDatabaseAndState(state_operations=[RunSQL(CHANGE, "")]), []),
    "a reverse": (RunSQL(CHANGE, BACK), []),
    "python too": (RunPython(nothing, nothing), []),
    "nothing at all": (RunPython(RunPython.noop, RunPython.noop), []),
    "no statements": (RunSQL(RunSQL.noop, RunSQL.noop), []),
    "forwards nothing": (RunSQL(RunSQL.noop, BACK), []),
    "elsewhere": (RunPython(nothing, RunPython.noop, hints={"where": "elsewhere"}), []),
}


@pytest.mark.parametrize("name", DONE)
def test_a_reverse_that_undoes_nothing(project: Project, name: str) -> None:
    operation, expected = DONE[name]
    project.write("shop/models.py")
    project.write(
        "gates.py",
        "class Gate:\n"
        "    def allow_migrate(self, db, app_label, **hints):\n"
        "        return hints.get('where') != 'elsewhere'\n",
    )
    project.migration("0001_initial", model("Item", note=text()))
    project.migration("0002_step", operation)
    with project.installed(DATABASE_ROUTERS=["gates.Gate"]):
        project.migrate("shop", "0001")
        insert("shop_item", id=ids(2), note=["a", "b"])
        assert "MT330 info" not in codes(plan("shop"))
        project.migrate("shop")
        stays = sql("SELECT id, note FROM shop_item ORDER BY id")
        found = [f for f in told(plan("shop", "0001"), "findings") if f["code"] == "MT330"]
        assert [f["severity"] for f in found] == ["info"] * len(expected)
        assert [f["message"] for f in found] == [
            f"undoes nothing: what {part} did stays as it is" for part in expected
        ]
        if expected:
            assert "info: undoes nothing" in plan_text("shop", "0001")
            project.migrate("shop", "0001")
            assert sql("SELECT id, note FROM shop_item ORDER BY id") == stays


def test_a_run_says_nothing_of_it(project: Project) -> None:
    """A harmless run prints what `migrate` prints, and nothing beside it."""
    project.write("shop/models.py")
    project.migration("0001_initial", model("Item"))
    project.migration("0002_step", RunPython(nothing, RunPython.noop))
    with project.installed():
        said = []
        for command in ("migrate", "migrate_safe"):
            project.migrate("shop")
            out, err = io.StringIO(), io.StringIO()
            call_command(command, "shop", "0001", stdout=out, stderr=err, no_color=True)
            said.append((out.getvalue(), err.getvalue()))
        assert said[0] == said[1]
