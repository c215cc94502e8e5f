"""What a plan brings back, in words: how much, and what does not fit, with a query for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_tools.archives.catalogue import Kind
from migration_tools.archives.conflicts import Conflict, Why
from migration_tools.execution.coming import Coming, Return
from migration_tools.reports.lines import Line, Tone
from migration_tools.reports.wording import Quote, place

#: One of them, and several.
SENTENCES = {
    Why.GONE: (
        "1 row was deleted since, and stays away",
        "{} rows were deleted since, and stay away",
    ),
    Why.BORN: (
        "1 row was added since, and gets what the migration gives it",
        "{} rows were added since, and get what the migration gives them",
    ),
    Why.EDITED: (
        "1 value was written since, and stays as it is",
        "{} values were written since, and stay as they are",
    ),
    Why.ORPHANS: ("1 row points to a row that is gone", "{} rows point to rows that are gone"),
}


def coming_lines(coming: Coming, quote: Quote) -> Iterator[Line]:
    """Nothing at all where no archive comes back."""
    if coming.returns:
        yield from return_lines(coming.returns, quote)
    if coming.refusal is not None:
        yield Line(
            text=f"`migrate_safe` would refuse this plan: {coming.refusal}", tone=Tone.BLOCKER
        )
        if coming.refusal.hint:
            yield Line(text=coming.refusal.hint)


def return_lines(returns: Sequence[Return], quote: Quote) -> Iterator[Line]:
    """A heading, a line for each archive, and two for each thing that does not fit."""
    yield Line(text="Back from archives:", tone=Tone.HEADING)
    for back in returns:
        archive = back.archive
        where = place(archive.table, archive.column, quote)
        word = "row" if archive.kind is Kind.TABLE else "value"
        of_run = f", run {archive.run}" if archive.run is not None else ""
        yield Line(
            text=f"  {back.step.label}: {counted(back.rows, word)} of {where} "
            f"(archive {archive.number}{of_run})"
        )
        for conflict in back.conflicts:
            yield from conflict_lines(conflict, indent="    ")


def conflict_lines(conflict: Conflict, *, indent: str) -> Iterator[Line]:
    one, many = SENTENCES[conflict.why]
    rows = "an unknown number of" if conflict.rows is None else f"{conflict.rows:,}"
    sentence = one if conflict.rows == 1 else many.format(rows)
    yield Line(text=f"{indent}{sentence}.", tone=Tone.WARNING)
    yield Line(text=f"{indent}  List them:  {conflict.query}")


def counted(count: int | None, word: str) -> str:
    if count is None:
        return f"an unknown number of {word}s"
    return f"{count:,} {word}{'' if count == 1 else 's'}"
