"""Differences of schemas as a page, in the look of the report's."""

from __future__ import annotations

import datetime
from typing import Any

from migration_tools.reports.page import rendered
from migration_tools.reports.schema import (
    Quote,
    by_table,
    diffs,
    drift_verdict,
    ignored_sentence,
    mending,
    sentence,
    step_sql,
    steps_of,
    verdict,
)
from migration_tools.schema.between import Between
from migration_tools.schema.drift import Drift

KINDS = {"+": "added", "-": "gone", "@": "place"}


def between_page(
    told: Between, quote: Quote, *, now: datetime.datetime, fragment: bool = False
) -> str:
    found = diffs(told, quote)
    steps = [
        {
            "kind": "stops" if step.error else "unapply" if step.step.is_backwards else "apply",
            "label": step.step.label,
            "error": step.error,
            "sql": step_sql(step),
        }
        for step in steps_of(told)
    ]
    context = {
        "tone": "warning" if found else "fine",
        "verdict": verdict(told, quote),
        "notes": [told.note] if told.note else [],
        "parts": [
            {"label": app, "title": app, "diff": list(map(_line, lines))}
            for app, lines in found.items()
        ],
        "steps": steps,
        "kinds": sorted({str(step["kind"]) for step in steps}),
    }
    return rendered(
        "diff.html", context, now=now, title="Schema between two points", fragment=fragment
    )


def _line(line: str) -> tuple[str, str]:
    return "head" if line[:3] in ("---", "+++") else KINDS.get(line[:1], ""), line


def drift_page(
    drift: Drift, quote: Quote, *, now: datetime.datetime, fragment: bool = False
) -> str:
    parts: list[dict[str, Any]] = [
        {
            "label": table,
            "title": table,
            "about": found[0].app,
            "items": [
                {"sentence": sentence(d, quote), "cause": d.cause, "sql": mending(d)} for d in found
            ],
        }
        for table, found in by_table(drift)
    ]
    context = {
        "tone": "bad" if drift.drifted else "fine",
        "verdict": drift_verdict(drift),
        "notes": drift.notes,
        "parts": parts,
        "others": drift.others,
        "ignored": ignored_sentence(drift) if drift.ignored else "",
    }
    return rendered("diff.html", context, now=now, title="Drift", fragment=fragment)
