"""A line of a report for people, and what it says, for the command to colour."""

from __future__ import annotations

import enum
import textwrap
from dataclasses import dataclass


class Tone(enum.Enum):
    """What a line says; the command chooses the colour."""

    HEADING = "heading"
    STEP = "step"
    PLAIN = "plain"
    LOSS = "loss"
    BLOCKER = "blocker"
    WARNING = "warning"
    SUMMARY = "summary"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    text: str
    tone: Tone = Tone.PLAIN


#: Narrower than this nothing is folded further.
NARROWEST = 30


def folded(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        max(width, NARROWEST),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
