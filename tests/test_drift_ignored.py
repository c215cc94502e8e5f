"""What drift is told to leave out is left out, and counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import models

from tests.helpers import Project, changes_tables, is_clear, model, refusal, sql
from tests.run_commands import answer

pytestmark = changes_tables


def write_shop(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()), model("Owner"))


def drifted(*ignore: str) -> tuple[list[str], list[str], int]:
    report: Any = json.loads(
        answer("migration_diff", live=True, format="json", ignore=list(ignore))
    )
    return (
        [f"{d['table']}.{d['name']}" for d in report["differences"]],
        [extra["name"] for extra in report["others"]],
        report["ignored"],
    )


def test_names_are_left_out_and_counted(project: Project) -> None:
    write_shop(project)
    with project.installed("django.contrib.contenttypes", "django.contrib.auth"):
        project.migrate()
        sql("ALTER TABLE shop_item ADD COLUMN old_a integer")
        sql("CREATE INDEX by_hand ON shop_owner (id)")
        sql("CREATE TABLE extra_table (a integer)")
        item, owner, extra = "shop_item.old_a", "shop_owner.by_hand", "extra_table"
        assert drifted() == ([item, owner], [extra], 0)
        assert drifted("shop_item.old_*") == ([owner], [extra], 1)
        assert drifted("shop_item") == ([owner], [extra], 1)
        assert drifted("*.by_hand") == ([item], [extra], 1)
        assert drifted("extra_*") == ([item, owner], [], 1)
        assert drifted("SHOP_*", "old_a", "item") == ([item, owner], [extra], 0)
        assert drifted("*") == ([], [], 3)


def test_a_part_without_a_name_goes_by_its_kind(project: Project) -> None:
    project.migration("0001_initial", model("Item", size=models.IntegerField()))
    with project.installed():
        project.migrate()
        sql("DROP TABLE shop_item")
        sql("CREATE TABLE shop_item (id bigint NOT NULL, size integer NOT NULL)")
        assert len(drifted("shop_item.id")[0]) == 1
        assert drifted("shop_item.id", "shop_item.primary key")[0] == []


def test_settings_and_options_add_up_and_are_told(project: Project) -> None:
    write_shop(project)
    with project.installed(MIGRATION_TOOLS={"IGNORE_DRIFT": ["shop_item.*"]}):
        project.migrate()
        sql("ALTER TABLE shop_item ADD COLUMN a integer")
        sql("ALTER TABLE shop_owner ADD COLUMN b integer")
        with pytest.raises(SystemExit) as caught:
            call_command("migration_diff", live=True, check=True)
        assert caught.value.code == 3
        texts = {
            name: answer(
                "migration_diff", live=True, check=True, ignore=["shop_owner.b"], format=name
            )
            for name in ("text", "markdown", "html")
        }
    assert all("no difference" in text for text in texts.values())
    assert texts["text"].splitlines()[-1] == "  Ignored, by patterns: 2"
    assert texts["markdown"].rstrip().endswith("Ignored, by patterns: 2")
    assert "<p>Ignored, by patterns: 2</p>" in texts["html"]


def test_without_drift_it_has_no_meaning(project: Project) -> None:
    write_shop(project)
    with project.installed():
        message = refusal("migration_diff", "shop", ignore=["a"])
    assert is_clear(message)
    assert "--live" in message
