"""A short name for what a plan does, the same wherever it is computed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import Any

from migration_tools.analysis.recording import Recording


def fingerprint(recording: Recording) -> str:
    """Sixteen hexadecimal digits over steps and effects; no counts, no names of one engine."""
    told = [
        (step.step.app, step.step.name, step.step.direction, operation.index, plain(effect))
        for step, operation in recording.operations()
        for effect in operation.effects or (None,)
    ]
    bare = [(step.step.app, step.step.name, step.step.direction) for step in recording.steps]
    text = json.dumps([bare, told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Only what compares, as JSON can hold it."""
    if is_dataclass(value):
        compared = {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.compare}
        return {"effect": type(value).__name__, **compared}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value
