"""An assessment as a page: the verdict, then each step with what it destroys and runs into."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from migration_tools.analysis.hazards import Severity
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.recording import RecordedStep
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.backends import Backend
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.page import rendered
from migration_tools.reports.sql import preamble, step_script
from migration_tools.reports.text import heading, told_line
from migration_tools.reports.wording import Quote, operation_phrase, summary
from migration_tools.schema.statements import PlanSQL

#: What a step is, worst first; as the filter offers them.
KINDS = ("blocked", "loss", "warning", "fine")
CLASSES = {Tone.LOSS: "loss", Tone.BLOCKER: "loss", Tone.WARNING: "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One plan; ``sql``: None if it was not asked for; ``beside``: what comes back from
    archives, and who is in the way now."""

    assessment: Assessment
    backend: Backend
    sql: PlanSQL | None = None
    beside: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    text: str
    tone: str


def plans_page(told: Sequence[Told], *, now: datetime.datetime, title: str) -> str:
    plans = list(map(_plan, told))
    used = {step["kind"] for plan in plans for step in plan["steps"]}
    context = {
        "plans": plans,
        "totals": _totals([each.assessment for each in told]),
        "kinds": [kind for kind in KINDS if kind in used],
    }
    return rendered("plan.html", context, now=now, title=title)


def _plan(told: Told) -> dict[str, Any]:
    assessment, sql = told.assessment, told.sql
    return {
        "heading": heading(assessment),
        "verdict": summary(assessment) if assessment.steps else "nothing to do",
        "tone": verdict_tone(assessment),
        "notes": assessment.plan.notes,
        "beside": [_item(line) for line in told.beside],
        "steps": [_step(step, told) for step in assessment.steps],
        "sql_notes": [] if sql is None else list(preamble(sql)),
        "fingerprint": assessment.fingerprint,
    }


def verdict_tone(assessment: Assessment) -> str:
    if assessment.blockers or assessment.destroyed:
        return "bad"
    return "warning" if assessment.unknown else "fine"


def _step(step: RecordedStep, told: Told) -> dict[str, Any]:
    quote, places = told.backend.quote, told.assessment.by_place()
    by_operation = [(o, places.get((step.step, o.index), [])) for o in step.operations]
    items = [item for _, found in by_operation for item in found]
    backwards = step.step.is_backwards
    return {
        "kind": step_kind(items),
        "label": step.step.label,
        "direction": "unapply" if backwards else "",
        "items": bool(items),
        "operations": [
            (operation_phrase(o, backwards=backwards), [_told(item, quote) for item in found])
            for o, found in by_operation
        ],
        "queries": "\n".join(i.query for i in items if isinstance(i, Finding) and i.query),
        "sql": step_script(told.sql, step, told.backend) if told.sql else "",
    }


def step_kind(items: Sequence[Loss | Finding]) -> str:
    if any(isinstance(i, Finding) and i.severity is Severity.BLOCKER for i in items):
        return "blocked"
    if any(isinstance(i, Loss) and i.kind is not LossKind.FILLS for i in items):
        return "loss"
    return "warning" if items else "fine"


def _told(item: Loss | Finding, quote: Quote) -> _Item:
    return _item(told_line(item, quote))


def _item(line: Line) -> _Item:
    return _Item(text=line.text.strip(), tone=CLASSES.get(line.tone, ""))


def _totals(assessments: Sequence[Assessment]) -> list[tuple[str, int, bool]]:
    steps = sum(len(a.steps) for a in assessments)
    losses = sum(len(a.destroyed) for a in assessments)
    blockers = sum(len(a.blockers) for a in assessments)
    return [
        ("step" if steps == 1 else "steps", steps, False),
        ("loss" if losses == 1 else "losses", losses, bool(losses)),
        ("blocker" if blockers == 1 else "blockers", blockers, bool(blockers)),
    ]
