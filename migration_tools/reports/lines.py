"""A line of a report for people, and what it says, for the command to colour."""

from __future__ import annotations

import enum
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
