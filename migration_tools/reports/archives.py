"""Archives in words and as JSON: what is kept, where, how much, since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from migration_tools.archives.catalogue import Archive, Kind, State, Strategy
from migration_tools.archives.keeping import Listed
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.runs import moment
from migration_tools.reports.wording import Quote, place

VERSION = 1
HEADINGS = ("archive", "run", "step", "kind", "strategy", "what", "rows", "size", "state", "age")
RIGHT = {"archive", "run", "rows", "size"}
UNITS = ((86400 * 2, 86400, "days"), (7200, 3600, "hours"), (120, 60, "min"), (0, 1, "s"))


def archive_lines(listed: Sequence[Listed], quote: Quote, now: datetime) -> Iterator[Line]:
    if not listed:
        yield Line(text="No archives.")
        return
    rows = [HEADINGS, *(_cells(each, quote, now) for each in listed)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADINGS))]
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if name in RIGHT else cell.ljust(width)
            for name, cell, width in zip(HEADINGS, row, widths, strict=True)
        ]
        tone = Tone.HEADING if number == 0 else Tone.PLAIN
        if number and (listed[number - 1].is_gone or is_unfinished(listed[number - 1].archive)):
            tone = Tone.WARNING
        yield Line(text="  ".join(cells).rstrip(), tone=tone)


def _cells(listed: Listed, quote: Quote, now: datetime) -> tuple[str, ...]:
    archive = listed.archive
    return (
        str(archive.number),
        "" if archive.run is None else str(archive.run),
        archive.step,
        archive.kind.value,
        archive.strategy.value,
        place(archive.table, archive.column, quote),
        rows_text(listed),
        size_text(listed),
        state_text(listed),
        age_text(now - archive.created),
    )


def show_lines(listed: Listed, quote: Quote, now: datetime) -> Iterator[Line]:
    archive = listed.archive
    what = place(archive.table, archive.column, quote)
    yield Line(text=f"Archive {archive.number}: {archive.kind.value} {what}", tone=Tone.HEADING)
    run = "" if archive.run is None else f" in run {archive.run}"
    yield Line(text=f"  Taken by {archive.step} ({archive.direction.value}){run}")
    yield Line(text=f"  {moment(archive.created)}, {age_text(now - archive.created)} ago")
    yield Line(text=f"  State: {state_text(listed)}")
    yield Line(text=f"  Rows: {rows_text(listed)}; size: {size_text(listed) or 'unknown'}")
    if archive.is_holding and not listed.is_gone:
        yield Line(text=f"  Kept {WAYS[archive.strategy]} {quote(archive.place)}")
        yield from (Line(text=f"  {line}") for line in _hanging(archive))


WAYS = {Strategy.PARK: "by moving it aside, in", Strategy.COPY: "as a copy, in"}


def _hanging(archive: Archive) -> Iterator[str]:
    """What comes back with it, and by which statement."""
    parts = archive.details.get("parked", {}).get("parts", ())
    for part in parts:
        if part["parked_name"]:
            yield f"With {part['kind']} {part['name']}, called {part['parked_name']} meanwhile"
        else:
            yield f"Made again with it: {part['definition']}"


def archives_as_dict(listed: Sequence[Listed], alias: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "database": alias,
        "archives": [archive_as_dict(each) for each in listed],
    }


def archive_as_dict(listed: Listed) -> dict[str, Any]:
    archive = listed.archive
    return {
        "archive": archive.number,
        "run": archive.run,
        "app": archive.app,
        "name": archive.name,
        "direction": archive.direction.value,
        "kind": archive.kind.value,
        "strategy": archive.strategy.value,
        "table": archive.table,
        "column": archive.column or None,
        "rows": listed.rows,
        "estimated": listed.is_estimate,
        "size": listed.size,
        "state": archive.state.value,
        "gone": listed.is_gone,
        "place": archive.place or None,
        "created": archive.created.isoformat(),
        "changed": archive.changed.isoformat(),
    }


# --- words --------------------------------------------------------------------------------------


def is_unfinished(archive: Archive) -> bool:
    return archive.state in (State.TAKING, State.RETURNING, State.PURGING)


def rows_text(listed: Listed) -> str:
    if listed.rows is None:
        return "?"
    return f"{'~' if listed.is_estimate else ''}{listed.rows:,}"


def size_text(listed: Listed) -> str:
    if listed.size is None:
        parked = listed.archive.kind is Kind.COLUMN and listed.archive.strategy is Strategy.PARK
        return "in its table" if parked and listed.archive.is_holding else ""
    size = float(listed.size)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def state_text(listed: Listed) -> str:
    return "dropped by somebody" if listed.is_gone else listed.archive.state.value


def age_text(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    _, unit, name = next(each for each in UNITS if seconds >= each[0])
    return f"{seconds // unit} {name}"
