"""A migration class with an apply() or unapply() of its own: what it does is read, never run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.helpers import Project, changes_tables, codes, plan, plan_text, refusal, snapshot, told

pytestmark = changes_tables

FILE = """
from django.db import migrations, models
from django.db.migrations.exceptions import IrreversibleError

{above}
class Migration({base}):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("item", "size", models.IntegerField(null=True))]
{method}
"""
FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True))])
    ]
"""
HEAD = "    def {name}(self, project_state, schema_editor, collect_sql=False):\n"

#: Bodies that are certain to raise, and the name that is told.
RAISING = {
    "plain": ("raise IrreversibleError('No: %s' % self.name)", "IrreversibleError"),
    "doc": ("'Why there is none.'\nraise NotImplementedError", "NotImplementedError"),
    "text": ("text = 'no ' + self.name\nraise IrreversibleError(text)", "IrreversibleError"),
    "path": ("import django.db.utils as u\nraise u.NotSupportedError('no')", "NotSupportedError"),
    "value": ("error = ValueError('no')\nraise error", "an error"),
    "what": ("raise (ValueError, TypeError)[0]('no')", "an error"),
}
#: Bodies that may do anything.
OTHER = {
    "nothing": "pass",
    "faked": "return project_state.clone()",
    "passed on": "return super().{name}(project_state, schema_editor, collect_sql)",
    "one engine": "if collect_sql:\n    raise ValueError\nreturn project_state",
    "caught": "try:\n    raise ValueError\nexcept ValueError:\n    return project_state",
    "after": "return project_state\nraise ValueError",
    "generator": "yield\nraise ValueError",
}


def method(body: str, name: str, above: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.format(name=name).splitlines())
    return f"{above}{HEAD.format(name=name)}{lines}"


def written(project: Project, methods: str, *, above: str = "", base: str = "") -> Path:
    project.write("shop/models.py")  # pre_migrate is sent for apps that have models
    project.source("0001_initial", FIRST)
    text = FILE.format(above=above, base=base or "migrations.Migration", method=methods)
    project.source("0002_step", text)
    return project.folder / "shop/migrations/0002_step.py"


def fails_really(project: Project, target: str) -> bool:
    """Whether `migrate` ends with an error; where it does, nothing was changed by it."""
    before = snapshot()
    try:
        project.migrate("shop", target)
    except Exception:
        assert snapshot() == before
        return True
    return False


@pytest.mark.parametrize("case", RAISING)
def test_no_way_back(project: Project, case: str) -> None:
    body, name = RAISING[case]
    file = written(project, method(body, "unapply"))
    with project.installed():
        (forwards,) = (step for step in plan("shop")["steps"] if step["name"] == "0002_step")
        assert (codes(plan("shop")), forwards["reversible"]) == ([], False)
        project.migrate("shop")
        report = plan("shop", "0001")
        assert codes(report) == ["MT101 blocker"]
        assert [step["reversible"] for step in report["steps"]] == [False]
        (found,) = told(report, "findings")
        assert f"has no way back: its own unapply() only raises {name}" in found["message"]
        place = re.search(r" \(([^()]+):(\d+)\)$", found["message"])
        assert place is not None
        assert Path(place[1]) == file
        assert "def unapply" in file.read_text().splitlines()[int(place[2]) - 1]
        assert "    Custom unapply()  blocked: has no way back" in plan_text("shop", "0001")
        error = refusal("migrate_safe", "shop", "0001", interactive=False, allow_data_loss=True)
        assert error.startswith("The revert would stop at shop.0002_step: it has no way back: its ")
        assert fails_really(project, "0001")


@pytest.mark.parametrize("case", RAISING)
def test_not_applied(project: Project, case: str) -> None:
    body, name = RAISING[case]
    written(project, method(body, "apply"))
    with project.installed():
        project.migrate("shop", "0001")
        report = plan("shop")
        assert codes(report) == ["MT140 blocker"]
        (found,) = told(report, "findings")
        assert f"is refused: its own apply() only raises {name}" in found["message"]
        assert "0002_step.py:" in found["message"]
        error = refusal("migrate_safe", "shop", interactive=False, allow_opaque=True)
        assert error.startswith("The run would stop at shop.0002_step: it is refused: its own")
        assert fails_really(project, "0002")


@pytest.mark.parametrize("case", OTHER)
def test_opaque(project: Project, case: str) -> None:
    """Whatever else it does: no blocker, and nobody claims to know."""
    methods = method(OTHER[case], "apply") + method(OTHER[case], "unapply")
    written(project, methods)
    with project.installed():
        project.migrate("shop", "0001")
        for target, name in (("0002", "apply"), ("0001", "unapply")):
            report = plan("shop", target)
            assert "MT204 warning" in codes(report)
            assert [code for code in codes(report) if "blocker" in code] == []
            (said,) = (f["message"] for f in told(report, "findings") if f["code"] == "MT204")
            assert f"shop.migrations.0002_step has its own {name}()" in said
            assert "0002_step.py:" in said
            project.migrate("shop", target, fake=True)


def test_inherited(project: Project) -> None:
    """Where several migrations share a base class, the place is that of the base class."""
    project.write(
        "shop/bases.py",
        "from django.db.migrations import Migration\n\n\n"
        f"class NoWayBack(Migration):\n{method('raise ValueError', 'unapply')}",
    )
    written(project, "", above="from shop.bases import NoWayBack", base="NoWayBack")
    with project.installed():
        project.migrate("shop")
        (found,) = told(plan("shop", "0001"), "findings")
        assert f"({project.folder / 'shop/bases.py'}:5)" in found["message"]
        assert fails_really(project, "0001")


def test_wrapped(project: Project) -> None:
    """What a decorator makes of it is not known."""
    above = "def calm(function):\n    return lambda self, state, *rest: state\n\n"
    methods = method("raise ValueError", "unapply", "    @calm\n")
    written(project, methods, above=above)
    with project.installed():
        project.migrate("shop")
        assert "MT204 warning" in codes(plan("shop", "0001"))
        assert not fails_really(project, "0001")


def test_the_report_says_so(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    written(project, method("raise ValueError", "unapply"))
    with project.installed():
        call_command("migration_report", "shop", no_color=True)
        assert "irreversible: its own unapply() only raises ValueError" in capsys.readouterr().out
