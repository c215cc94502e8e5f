"""A short name for what a plan does, the same wherever it is computed."""

from __future__ import annotations

import bisect
import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from migration_tools.analysis import effects as fx
from migration_tools.analysis.recording import RecordedOperation, RecordedStep, Recording


def fingerprint(recording: Recording) -> str:
    """Sixteen hexadecimal digits over steps and effects; no counts, no names of one engine."""
    told = [
        (step.step.app, step.step.name, step.step.direction, index, plain(effect))
        for step in recording.steps
        for index, operation in _of_files(step)
        for effect in operation.effects or (None,)
    ]
    bare = [(step.step.app, step.step.name, step.step.direction) for step in recording.steps]
    text = json.dumps([bare, told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _of_files(step: RecordedStep) -> list[tuple[int, RecordedOperation]]:
    """The operations with their place in the migration's file: a run has others among them."""
    injected = sorted(operation.index for operation in step.operations if operation.injected)
    return [
        (operation.index - bisect.bisect(injected, operation.index), operation)
        for operation in step.operations
        if not (operation.injected or operation.by_engine)
    ]


def plain(value: Any) -> Any:
    """Only what compares, as JSON can hold it."""
    if isinstance(value, fx.SqlRead):
        # Whether SQL could be read depends on the engine, and on what is installed.
        value = fx.Opaque(kind=fx.OpaqueKind.SQL, detail=value.sql)
    if is_dataclass(value):
        compared = {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.compare}
        return {"effect": type(value).__name__, **compared}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
