"""The report's lines on a terminal, by rich: the same text, painted word by word."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from migration_tools.reports.lines import Line, Tone

TONES = {
    Tone.HEADING: "bold",
    Tone.STEP: "bold cyan",
    Tone.LOSS: "red",
    Tone.WARNING: "yellow",
    Tone.SUMMARY: "bold",
    Tone.ADDED: "green",
}
DONE = r"\d+ applied|(?<=  )no migrations|(?<=  )none$"
WAITING = r"\d+ (pending|edited)|differs$"
WRONG = r"\d+ (ghost|partly squashed|half done|in conflict|unknown|recorded, the app.*)"
#: Within a line, whatever its tone; a later one paints over an earlier one.
PARTS = (
    (rf"(?<=  |, )({DONE})", "green"),
    (rf"(?<=  |, )({WAITING})", "bold yellow"),
    (rf"(?<=  |, )({WRONG})", "bold red"),
    (r"^    \[X\]", "green"),
    (r"^    \[ \]", "bold yellow"),
    (r"^    \[[?~]\]", "bold red"),
    (r"^    [a-z ]+:(?= )", "bold"),
    (r"^      manage\.py .*|^      git .*", "cyan"),
    (r"(?<=:  )manage\.py .*", "cyan"),
    (r"^  \d+ problems?$", "bold red"),
)


def write_painted(command: BaseCommand, lines: Iterable[Line]) -> bool:
    """False where there is no terminal, no rich or no wish for colours; nothing is written then."""
    if not command.stdout.isatty() or command.style.ERROR("x") == "x":
        return False
    try:
        from rich.console import Console  # an extra, and slow to import
        from rich.text import Text
    except ImportError:
        return False
    # Into a string: what the encoding of the output cannot show is its stream's business.
    told = io.StringIO()
    console = Console(file=told, force_terminal=True, highlight=False, markup=False, emoji=False)
    for line in lines:
        console.print(_painted(Text(line.text, TONES.get(line.tone, "")), line), soft_wrap=True)
    command.stdout.write(told.getvalue())
    return True


def _painted(text: Any, line: Line) -> Any:
    if line.tone is Tone.PLAIN:
        text.highlight_regex(r"^ {8}.*", "dim")
    if line.tone is not Tone.HEADING:
        for pattern, style in PARTS:
            text.highlight_regex(pattern, style)
    return text
