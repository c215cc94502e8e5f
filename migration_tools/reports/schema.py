"""Differences of schemas: as a unified diff, as drift with causes, as JSON."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from migration_tools.backends.catalogue.parts import Kind, Schema
from migration_tools.reports.lines import Line, Tone
from migration_tools.schema.between import Between
from migration_tools.schema.diff import Way, lines_of
from migration_tools.schema.drift import Drift, Drifted
from migration_tools.schema.statements import StepSQL

Quote = Callable[[str], str]

VERSION = 1
#: Lines around a change; enough to see whose table it is.
AROUND = 3
TONES = {"+": Tone.ADDED, "-": Tone.LOSS, "@": Tone.STEP}


# --- two points of the history ----------------------------------------------------------------


def diffs(told: Between, quote: Quote) -> dict[str, list[str]]:
    """A unified diff for each app whose schema differs."""
    apps = sorted({app for app in told.owners.values() if told.app in (None, app)})
    found = {}
    for app in apps:
        before, after = (_lines(schema, told, app, quote) for schema in (told.before, told.after))
        label = {"fromfile": f"{app} {told.start}", "tofile": f"{app} {told.end}"}
        if lines := list(difflib.unified_diff(before, after, n=AROUND, lineterm="", **label)):
            found[app] = lines
    return found


def _lines(schema: Schema, told: Between, app: str, quote: Quote) -> list[str]:
    tables = sorted(schema.tables, key=lambda table: table.name)
    return [
        line
        for table in tables
        if told.owners.get(table.name) == app
        for line in lines_of(table, quote)
    ]


def verdict(told: Between, quote: Quote) -> str:
    apps = list(diffs(told, quote))
    if not apps:
        return f"No difference between {told.start} and {told.end}"
    return f"The schema differs between {told.start} and {told.end}: {', '.join(apps)}"


def steps_of(told: Between) -> tuple[StepSQL, ...]:
    """Those of the app that was asked about."""
    return tuple(step for step in told.steps if told.app in (None, step.step.app))


def step_sql(step: StepSQL) -> str:
    return "\n".join(
        f"-- Python code, not run: {statement.code}" if statement.code else f"{statement.sql};"
        for statement in step.statements
        if statement.code or statement.operation is not None
    )


def between_lines(told: Between, quote: Quote) -> Iterator[Line]:
    found = diffs(told, quote)
    if told.note:
        yield Line(text=f"-- {told.note}", tone=Tone.WARNING)
    for lines in found.values():
        for line in lines:
            tone = Tone.HEADING if line[:3] in ("---", "+++") else TONES.get(line[:1], Tone.PLAIN)
            yield Line(text=line, tone=tone)
        yield Line(text="")
    if not found:
        yield Line(text=f"{verdict(told, quote)}.")
    for step in steps_of(told):
        direction = " (unapply)" if step.step.is_backwards else ""
        yield Line(text=f"-- {step.step.label}{direction}", tone=Tone.STEP)
        for statement in step.statements:
            if statement.code:
                yield Line(text=f"-- Python code, not run: {statement.code}", tone=Tone.WARNING)
            elif statement.operation is not None:
                yield Line(text=f"{statement.sql};")
        if step.error:
            yield Line(text=f"-- It stops here: {step.error}", tone=Tone.BLOCKER)


def between_as_dict(told: Between, quote: Quote) -> dict[str, Any]:
    return {
        "version": VERSION,
        "from": told.start,
        "to": told.end,
        "note": told.note or None,
        "apps": [{"app": app, "diff": lines} for app, lines in diffs(told, quote).items()],
        "steps": [
            {
                "app": step.step.app,
                "name": step.step.name,
                "direction": step.step.direction.value,
                "statements": [s.sql for s in step.statements if s.operation is not None and s.sql],
                "error": step.error or None,
            }
            for step in steps_of(told)
        ],
    }


# --- drift ------------------------------------------------------------------------------------


def drift_verdict(drift: Drift) -> str:
    count = len(drift.drifted)
    many = "no difference" if not count else f"{count} difference{'s' if count > 1 else ''}"
    return f"{drift.alias}: {many} from what the applied migrations make"


def by_table(drift: Drift) -> list[tuple[str, tuple[Drifted, ...]]]:
    return [
        (table, tuple(found))
        for table, found in itertools.groupby(drift.drifted, key=lambda d: d.difference.table)
    ]


def mending(drifted: Drifted) -> str:
    """The statements that would make it as expected, as a script."""
    return "\n".join(
        statement if statement.startswith("--") else f"{statement};"
        for statement in drifted.difference.mend
    )


def drift_lines(drift: Drift, quote: Quote) -> Iterator[Line]:
    yield Line(text=drift_verdict(drift), tone=Tone.HEADING)
    for note in drift.notes:
        yield Line(text=f"  Note: {note}", tone=Tone.WARNING)
    table = ""
    for drifted in drift.drifted:
        if drifted.difference.table != table:
            table = drifted.difference.table
            yield Line(text="")
            app = f" ({drifted.app})" if drifted.app else ""
            yield Line(text=f"  {quote(table)}{app}", tone=Tone.STEP)
        yield Line(text=f"    {sentence(drifted, quote)}", tone=Tone.LOSS)
        yield Line(text=f"      likely: {drifted.cause}")
        for statement in drifted.difference.mend:
            end = "" if statement.startswith("--") else ";"
            indented = statement.replace("\n", "\n        ")
            yield Line(text=f"        {indented}{end}")
    if drift.drifted:
        yield Line(text="")
        yield Line(
            text="  The SQL is a suggestion. Read it: dropping a column or table takes its values.",
            tone=Tone.WARNING,
        )
    if drift.others:
        yield Line(text="")
        yield Line(text="  Not Django's, and no difference:")
        for extra in drift.others:
            yield Line(text=f"    {extra.kind} {extra.name}")
    if drift.ignored:
        yield Line(text="")
        yield Line(text=f"  {ignored_sentence(drift)}")


def ignored_sentence(drift: Drift) -> str:
    return f"Ignored, by patterns: {drift.ignored}"


def sentence(drifted: Drifted, quote: Quote) -> str:
    told = drifted.difference
    name = f" {quote(told.name)}" if told.name else ""
    if told.kind is Kind.TABLE:
        return "the table is missing"
    if told.way is Way.CHANGED:
        return f"{told.kind.value}{name} is {told.live}, expected {told.expected}"
    if told.way is Way.MISSING:
        return f"{told.kind.value}{name} is missing: {told.expected}"
    return f"{told.kind.value}{name} is not expected: {told.live}"


def drift_as_dict(drift: Drift) -> dict[str, Any]:
    return {
        "version": VERSION,
        "database": drift.alias,
        "compared_with": drift.source.value,
        "notes": list(drift.notes),
        "differences": [
            {
                "app": drifted.app or None,
                "table": drifted.difference.table,
                "kind": drifted.difference.kind.value,
                "way": drifted.difference.way.value,
                "name": drifted.difference.name or None,
                "expected": drifted.difference.expected or None,
                "live": drifted.difference.live or None,
                "cause": drifted.cause,
                "sql": list(drifted.difference.mend),
            }
            for drifted in drift.drifted
        ],
        "others": [{"kind": extra.kind, "name": extra.name} for extra in drift.others],
        "ignored": drift.ignored,
    }
