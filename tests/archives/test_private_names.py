"""The names in MIGRATION_TOOLS["PRIVATE_FIELDS"], and what is asked about them."""

from __future__ import annotations

import pytest
from django.core.checks.registry import registry
from django.db import models
from django.db.migrations import (
    AddField,
    RemoveField,
    RenameField,
    RenameModel,
    SeparateDatabaseAndState,
)

from migration_tools.checks import check_private_fields, check_settings
from tests.archives.test_copied_runs import project
from tests.archives.test_private_fields import private, text
from tests.helpers import Project, changes_tables, insert, model, plan, refusal, told

__all__ = ["project"]

pytestmark = changes_tables


def test_names_that_no_field_has_are_told(project: Project) -> None:
    project.migration("0001_initial", model("Item", a=text()))
    project.migration("0002_more", AddField("Item", "old", models.IntegerField(null=True)))
    project.migration("0003_less", RemoveField("Item", "old"))
    known = ["shop.item.A", "shop.ITEM", "shop.Item.old", "contenttypes.ContentType.model"]
    wrong = ["shop.Item.nothing", "shop.Nothing", "nothing.Item.a"]
    with project.installed("django.contrib.contenttypes", **private(*known, *wrong)):
        found = check_private_fields(None)
        assert [message.id for message in found] == ["migration_tools.W009"] * 3
        assert [name for name in wrong if name in "".join(m.msg for m in found)] == wrong
        assert not any(name in m.msg for m in found for name in known)
        assert check_private_fields in registry.get_checks()


@pytest.mark.parametrize("name", ["shop.Item.pw", "shop.Item.key", "shop.Thing.word"])
def test_any_name_that_it_ever_had_will_do(project: Project, name: str) -> None:
    """The column goes under the first one; two renames bring it to the last."""
    project.migration("0001_initial", model("Item", a=text()))
    project.migration("0002_more", AddField("Item", "pw", text(default="none")))
    project.migration("0003_key", RenameField("Item", "pw", "key"))
    moved = SeparateDatabaseAndState([RenameModel("Item", "Thing")], [RenameModel("Item", "Thing")])
    project.migration("0004_thing", moved)
    project.migration("0005_word", RenameField("Thing", "key", "word"))
    project.migration("0006_other", AddField("Thing", "b", text(default="none")))
    with project.installed(**private(name)):
        project.migrate("shop")
        insert("shop_thing", id=[1], a=["x"], word=["secret"], b=["z"])
        losses = told(plan("shop", "0001"), "losses")
        assert [(loss["column"], loss["unkept"]) for loss in losses] == [
            ("b", None),
            ("word", "private"),
        ]


@pytest.mark.parametrize("value", ["shop.Item.a", ["a"], ["shop.Item.a.b"], [7], ["shop.*.a"]])
def test_what_names_no_field_is_refused(project: Project, value: object) -> None:
    project.migration("0001_initial", model("Item", a=text()))
    with project.installed(MIGRATION_TOOLS={"PRIVATE_FIELDS": value}):
        (message,) = check_settings(None)
        assert message.id == "migration_tools.E001"
        assert "PRIVATE_FIELDS" in message.msg
        assert check_private_fields(None) == []
        assert "PRIVATE_FIELDS" in refusal("migration_plan", "shop")


def test_the_question_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.migration("0001_initial", model("Maker"))
    project.migration("0002_item", model("Item", a=text(), pw=text(default="x")))
    project.migration("0003_more", AddField("Item", "word", text(default="none")))
    with project.installed(**private("shop.Item.pw", "shop.Item.word")):
        project.migrate("shop")
        insert("shop_item", id=[1], a=["x"], pw=["y"], word=["z"])
        monkeypatch.setattr("migration_tools.management.base.is_interactive", lambda: True)
        asked: list[str] = []
        monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "n")
        refusal("migrate_safe", "shop", "0001", skip_checks=True)
        (question,) = asked
        assert "1 value will be archived and removed." in question
        assert "1 value will be gone for good: private." in question
        assert "Not kept of them: private (pw)." in question
