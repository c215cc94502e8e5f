"""An assessment as Markdown for a pull request: a verdict, a table, details that fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from migration_tools.analysis.hazards import Severity
from migration_tools.analysis.questions import LossKind
from migration_tools.analysis.recording import RecordedStep
from migration_tools.analysis.verdicts import Assessment, Finding, Loss
from migration_tools.reports.markdown import code, cut, escaped, fenced, folded
from migration_tools.reports.text import heading, told_line
from migration_tools.reports.wording import Quote, operation_phrase, summary

#: By which a program that updates its own comment finds it again.
MARKER = "<!-- migration_tools: migration_plan -->"


def plans_markdown(told: Sequence[tuple[Assessment, Quote, str, Mapping[str, str]]]) -> str:
    """``told``: each assessment with its quoting, its script of SQL and what is to be
    folded beside it, by its heading; empty where there is none."""
    return cut("\n\n".join([MARKER, *("\n".join(_plan(*of_plan)) for of_plan in told)]))


def _plan(
    assessment: Assessment, quote: Quote, sql: str, beside: Mapping[str, str]
) -> Iterator[str]:
    yield f"**{_sign(assessment)} {escaped(heading(assessment))}: {escaped(_verdict(assessment))}**"
    for note in assessment.plan.notes:
        yield f"\n> {escaped(note)}"
    if not assessment.steps:
        return
    yield "\n| step | operation | |"
    yield "|---|---|---|"
    for step in assessment.steps:
        yield from _rows(step, assessment, quote)
    yield ""
    queries = [finding.query for finding in assessment.findings if finding.query]
    if queries:
        yield folded("Queries that list the rows", fenced("\n".join(queries), "sql")) + "\n"
    if sql:
        yield folded("SQL", fenced(sql, "sql")) + "\n"
    for title, text in beside.items():
        if text:
            yield folded(title, fenced(text)) + "\n"
    yield f"Fingerprint: {code(assessment.fingerprint)}"


def _verdict(assessment: Assessment) -> str:
    return summary(assessment) if assessment.steps else "nothing to do"


def _sign(assessment: Assessment) -> str:
    if assessment.blockers:
        return "\N{NO ENTRY}"
    dangerous = assessment.destroyed or assessment.unknown
    return "\N{WARNING SIGN}" if dangerous else "\N{WHITE HEAVY CHECK MARK}"


def _rows(step: RecordedStep, assessment: Assessment, quote: Quote) -> Iterator[str]:
    direction = " (unapply)" if step.step.is_backwards else ""
    label = f"{escaped(step.step.label)}{direction}"
    places = assessment.by_place()
    if not step.operations:
        yield f"| {label} | no operations | |"
    for operation in step.operations:
        phrase = escaped(operation_phrase(operation, backwards=step.step.is_backwards))
        items = places.get((step.step, operation.index), [])
        said = "<br>".join(_item(item, quote) for item in items)
        yield f"| {label} | {phrase} | {said} |"
        label = ""


def _item(item: Loss | Finding, quote: Quote) -> str:
    text = escaped(told_line(item, quote).text)
    grave = item.kind is not LossKind.FILLS if isinstance(item, Loss) else _is_blocker(item)
    return f"**{text}**" if grave else text


def _is_blocker(finding: Finding) -> bool:
    return finding.severity is Severity.BLOCKER
