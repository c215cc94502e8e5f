"""The page of the report's JSON names every key of it, and no other."""

from __future__ import annotations

import io
import json
import re
from typing import Any

from django.core.management import call_command
from django.db import migrations, models

from tests.helpers import ROOT, Project, changes_tables, insert, model, record_applied

pytestmark = changes_tables


def keys(value: Any, place: str = "The report") -> set[tuple[str, str]]:
    if isinstance(value, list):
        return {found for item in value for found in keys(item, place)}
    if not isinstance(value, dict) or place == "totals":
        return set()
    return {
        found
        for key, inner in value.items()
        for found in {(place, key), *keys(inner, "problems" if key == "differences" else key)}
    }


def test_every_key_has_its_line(project: Project) -> None:
    project.migration("0001_initial", model("Item"))
    project.migration("0002_n", migrations.AddField("Item", "n", models.IntegerField(null=True)))
    with project.installed():
        project.migrate("shop")
        record_applied(("shop", "0003_lost"))
        insert("shop_item", id=[1], n=[1])
        out = io.StringIO()
        call_command("migration_report", "shop", format="json", losses=True, stdout=out)
    page = (ROOT / "docs/reference/report-json.md").read_text()
    parts = re.split(r"^### (.+)$", page, flags=re.MULTILINE)
    told = {
        (place, key)
        for place, text in zip(parts[1::2], parts[2::2], strict=True)
        for row in re.findall(r"^\| (`.+?) \|", text, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", row)
    }
    assert told == keys(json.loads(out.getvalue()))
