"""No database at all: a wrapper that never connects and remembers what it is sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from migration_tools.backends.scratch.base import Scratch


class UnconnectedScratch(Scratch):
    needs_no_server = True

    @contextlib.contextmanager
    def database(self) -> Iterator[dict[str, Any]]:
        yield {**self.connection.settings_dict, "AUTOCOMMIT": True}

    @property
    def note(self) -> str:
        told: Any = self.connection
        return (
            f"No server was asked: this is the SQL for {told.engine_told}, the oldest that this "
            "Django runs on. Expressions are as Django writes them, where a server has words of "
            "its own, and what the server's settings decide is not shown."
        )
