"""Says on a terminal that something is going on; silent in logs, pipes and without rich."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Any


def working(stream: Any, what: str) -> AbstractContextManager[Any]:
    """A spinner beside ``what`` on ``stream`` while the block runs; it leaves nothing behind."""
    if not stream.isatty():
        return contextlib.nullcontext()
    try:
        from rich.console import Console  # an extra, and slow to import
    except ImportError:
        return contextlib.nullcontext()
    return Console(file=stream).status(what)
