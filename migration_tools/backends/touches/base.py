"""What a statement does to tables besides its result: nothing is known of an engine by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One table that was there before the plan, and what a statement does to it.

    ``lock``: the strongest that the statement newly takes there, in the engine's words; empty for
    none. ``blocks_reads`` and ``blocks_writes``: who has to wait, from then to the end of the
    statement, or of the step where it is one transaction. ``rewrites``: all
    rows are written anew; ``scans``: all are read; ``builds``: indexes are made; ``validates``:
    rows of foreign keys are looked up. ``how``: the engine's name of its way, if it has one.
    """

    table: str
    lock: str = ""
    blocks_reads: bool = False
    blocks_writes: bool = False
    rewrites: bool = False
    scans: bool = False
    builds: bool = False
    validates: bool = False
    how: str = ""


class Watch:
    """Runs statements on a shadow and asks the engine what each did."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def run(self, execute: Callable[[Any], Any], sql: Any) -> tuple[Any, tuple[Touch, ...]]:
        """``execute(sql)``, once, perhaps with words added that change nothing but the way."""
        return execute(sql), ()
