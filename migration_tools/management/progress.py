"""Says on a terminal that something is going on; silent in logs, pipes and without rich."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any

try:
    from rich.console import Console
except ImportError:  # the extra `rich` is not installed
    Console = None  # type: ignore[assignment, misc]


def working(stream: Any, what: str) -> AbstractContextManager[Any]:
    """A spinner beside ``what`` on ``stream`` while the block runs; it leaves nothing behind."""
    if Console is None or not stream.isatty():
        return contextlib.nullcontext()
    return Console(file=stream).status(what)
