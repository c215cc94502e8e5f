"""An assessment as JSON: a documented contract with a version (docs/reference/json.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migration_tools.analysis import effects as fx
from migration_tools.analysis.measuring import Exactness, Measure
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.reports.wording import Quote, finding_sentence

if TYPE_CHECKING:
    from migration_tools.execution.coming import Coming, Return
    from migration_tools.schema.statements import PlanSQL

VERSION = 1


def assessment_as_dict(
    assessment: Assessment, quote: Quote, sql: PlanSQL | None = None
) -> dict[str, Any]:
    """Unknown numbers are null. ``values`` is null where whole rows go, ``query`` where none is."""
    report = _report(assessment, quote)
    if sql is not None:
        from migration_tools.reports.sql import sql_as_dict, statements_as_list

        report["sql"] = sql_as_dict(sql)
        for told, step in zip(report["steps"], assessment.steps, strict=True):
            told["statements"] = statements_as_list(sql, step.step)
    return report


def _report(assessment: Assessment, quote: Quote) -> dict[str, Any]:
    told = assessment.by_place()
    return {
        "version": VERSION,
        "fingerprint": assessment.fingerprint,
        "database": {
            "alias": assessment.database.alias,
            "vendor": assessment.database.vendor,
            "name": assessment.database.display_name,
            "server_version": assessment.database.version or None,
            "asked": assessment.online,
        },
        "exact": assessment.is_exact,
        "notes": list(assessment.plan.notes),
        "steps": [
            {
                "app": step.step.app,
                "name": step.step.name,
                "direction": step.step.direction.value,
                "reversible": step.is_reversible,
                "operations": [
                    {
                        "index": operation.index,
                        "description": operation.description,
                        "opaque": operation.is_opaque,
                        "python": [
                            _python(effect)
                            for effect in operation.effects
                            if isinstance(effect, fx.Opaque) and effect.kind is fx.OpaqueKind.PYTHON
                        ],
                        "losses": [
                            _loss(item)
                            for item in told.get((step.step, operation.index), ())
                            if isinstance(item, Loss)
                        ],
                        "findings": [
                            _finding(item, quote)
                            for item in told.get((step.step, operation.index), ())
                            if isinstance(item, Finding)
                        ],
                    }
                    for operation in step.operations
                ],
            }
            for step in assessment.steps
        ],
        "totals": totals(assessment),
    }


def coming_as_dict(coming: Coming) -> dict[str, Any]:
    """What comes back from archives."""
    refusal = coming.refusal
    return {
        "returns": list(map(_return, coming.returns)),
        "return_refused": None if refusal is None else f"{refusal} {refusal.hint}".strip(),
    }


def _return(back: Return) -> dict[str, Any]:
    archive = back.archive
    return {
        "app": back.step.app,
        "name": back.step.name,
        "archive": archive.number,
        "run": archive.run,
        "kind": archive.kind.value,
        "table": archive.table,
        "column": archive.column or None,
        "rows": back.rows,
        "conflicts": [
            {"kind": conflict.why.value, "rows": conflict.rows, "query": conflict.query}
            for conflict in back.conflicts
        ],
    }


def totals(assessment: Assessment) -> dict[str, int]:
    """Known numbers only; how many are missing is ``unknown``."""
    destroyed = assessment.destroyed
    whole = (LossKind.TABLE, LossKind.ROWS)
    return {
        "losses": len(destroyed),
        "rows": sum(loss.rows.count or 0 for loss in destroyed if loss.kind in whole),
        "values": sum(loss.amount.count or 0 for loss in destroyed if loss.kind not in whole),
        "fills": sum(
            loss.amount.count or 0 for loss in assessment.losses if loss.kind is LossKind.FILLS
        ),
        "blockers": len(assessment.blockers),
        "unknown": assessment.unknown,
    }


def _python(effect: fx.Opaque) -> dict[str, Any]:
    file, _, line = effect.where.rpartition(":")
    return {
        "function": effect.detail,
        "file": file or None,
        "line": int(line) if line else None,
        "models": list(effect.asked.models),
        "unread": list(effect.asked.unread),
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {
        "kind": loss.kind.value,
        "table": loss.table,
        "column": loss.column or None,
        "rows": _count(loss.rows),
        "values": _count(loss.values),
        "differing": _count(loss.differing),
        "exactness": loss.exactness.value,
        "reason": loss.reason,
        "archive": loss.archive or None,
        "unkept": loss.unkept or None,
    }


def _finding(finding: Finding, quote: Quote) -> dict[str, Any]:
    return {
        "code": finding.hazard.code,
        "severity": finding.severity.value,
        "table": finding.table or None,
        "column": finding.column or None,
        "rows": _count(finding.rows),
        "exactness": (finding.rows.exactness if finding.rows else Exactness.EXACT).value,
        "message": finding_sentence(finding, quote),
        "query": finding.query or None,
    }


def _count(measure: Measure | None) -> int | None:
    return None if measure is None else measure.count
