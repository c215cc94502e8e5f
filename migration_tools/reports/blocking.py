"""Who is in the way of a plan now, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from migration_tools.backends.blocking import Blocker, Blocking
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.wording import Quote

ADVICE = (
    "Wait for them, ask their owners, or end them. A run can wait for a short time and try again:  "
    "manage.py migrate_safe --lock-timeout 5 --retries 3"
)


def blocking_lines(told: Blocking, quote: Quote) -> Iterator[Line]:
    if told.found:
        many = len(told.found)
        yield Line(
            text=f"In the way now: {many} session{'s' if many > 1 else ''}", tone=Tone.BLOCKER
        )
    else:
        yield Line(text="Nobody is in the way now, as far as can be seen.", tone=Tone.SUMMARY)
    for blocker in told.found:
        yield Line(text=f"  {who(blocker)}", tone=Tone.LOSS)
        yield from (Line(text=f"    {line}") for line in facts(blocker, quote))
    if told.found:
        yield Line(text=f"  {ADVICE}")
    for sentence in told.hidden:
        yield Line(text=f"  Not seen: {sentence}", tone=Tone.WARNING)


def who(blocker: Blocker) -> str:
    parts = [
        blocker.session,
        blocker.user and f"user {blocker.user}",
        blocker.application and f'application "{blocker.application}"',
        blocker.state,
        "" if blocker.seconds is None else f"in a transaction for {age(blocker.seconds)}",
    ]
    return ", ".join(part for part in parts if part)


def facts(blocker: Blocker, quote: Quote) -> Iterator[str]:
    by_mode: dict[str, list[str]] = {}
    for mode, table in blocker.locks:
        by_mode.setdefault(mode, []).extend([quote(table)] if table else [])
    for mode, tables in by_mode.items():
        place = f" on {', '.join(tables)}" if tables else ""
        yield f"holds {mode}{place}"
    if not by_mode:
        yield (
            "holds no lock on the plan's tables"
            if blocker.is_certain
            else "may hold a lock on the plan's tables"
        )
    if blocker.query:
        seconds = blocker.query_seconds
        since = "" if seconds is None else f", begun {age(seconds)} ago"
        yield f"query{since}: {blocker.query}"
    if blocker.end:
        yield f"ended by:  {blocker.end}"


def age(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def blocking_as_dict(told: Blocking) -> dict[str, Any]:
    return {
        "sessions": [
            {
                "session": blocker.session,
                "user": blocker.user or None,
                "application": blocker.application or None,
                "state": blocker.state or None,
                "seconds": blocker.seconds,
                "query_seconds": blocker.query_seconds,
                "query": blocker.query or None,
                "locks": [{"mode": mode, "table": table or None} for mode, table in blocker.locks],
                "certain": blocker.is_certain,
                "end": blocker.end or None,
            }
            for blocker in told.found
        ],
        "hidden": list(told.hidden),
    }
