"""Annotations for GitHub's checks: one workflow command a line, with file and line."""

from __future__ import annotations

import os
from pathlib import Path


def annotation(level: str, message: str, *, file: str = "", line: int = 1, title: str = "") -> str:
    """``level``: "error", "warning" or "notice"; ``file`` is told from the working folder."""
    properties = {}
    if file:
        properties["file"] = _relative(file)
        properties["line"] = str(line)
    if title:
        properties["title"] = title
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level}{' ' if told else ''}{told}::{_data(message)}"


def _relative(file: str) -> str:
    path = Path(file)
    try:
        return path.resolve().relative_to(Path(os.getcwd()).resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
