"""What is written down of the operations of a step, for whoever has to go on from there."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


class Progress(enum.StrEnum):
    PLANNED = "not started"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


@dataclass(slots=True, kw_only=True)
class Statement:
    """One that changes the schema. ``before``: the tables it names, as they were then."""

    sql: str
    before: str = ""


@dataclass(slots=True, kw_only=True)
class OperationNotes:
    """``finished``: how many of the statements have certainly run; of the next one only the tables
    can tell, unless it was ``refused``. ``after``: the tables as the operation left them.
    ``deferred``: what was left to be run at the end of the step. ``wrote``: rows, too, and outside
    of this app's own tables.
    """

    text: str
    progress: Progress = Progress.PLANNED
    statements: list[Statement] = field(default_factory=list)
    finished: int = 0
    refused: bool = False
    wrote: bool = False
    after: str = ""
    deferred: list[str] = field(default_factory=list)
    #: Not an operation, but what is left to be run when all of them are done.
    closing: bool = False

    @property
    def has_changed(self) -> bool:
        """Whether it has certainly left something."""
        return self.progress is Progress.DONE or bool(self.finished) or self.wrote

    @property
    def stays(self) -> bool:
        """Whether it has left something, or may have."""
        return self.has_changed or (bool(self.statements) and not self.refused)


def dumped(notes: Sequence[OperationNotes]) -> str:
    return json.dumps([asdict(each) for each in notes])


def loaded(text: str) -> list[OperationNotes]:
    found = []
    for each in json.loads(text or "[]"):
        statements = [Statement(**statement) for statement in each.pop("statements")]
        progress = Progress(each.pop("progress"))
        found.append(OperationNotes(statements=statements, progress=progress, **each))
    return found
