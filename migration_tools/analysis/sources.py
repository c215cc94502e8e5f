"""The text of a migration file, and a hash of what it means."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration

#: Says nothing about what the code does, or not in every version of Python.
UNTOLD = frozenset({"kind", "type_comment", "type_ignores", "ctx"})


def source_of(migration: Migration) -> str:
    """Empty where there is none to be read: compiled only, or made on the spot."""
    module = sys.modules.get(type(migration).__module__)
    try:
        return inspect.getsource(module) if module is not None else ""
    except (OSError, TypeError, SyntaxError):
        return ""


def source_hash(text: str) -> str:
    """The same for files that differ in comments, layout and quotes only; "" for no source."""
    if not text:
        return ""
    try:
        told = "".join(_told(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        told = text
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _told(node: object) -> Iterator[str]:
    # Not ast.dump: it leaves out other things in each version of Python.
    if isinstance(node, ast.AST):
        yield f"{type(node).__name__}("
        for name, value in ast.iter_fields(node):
            if name not in UNTOLD and value is not None and value != []:
                yield f"{name}="
                yield from _told(value)
        yield ")"
    elif isinstance(node, list):
        yield "["
        for item in node:
            yield from _told(item)
            yield ","
        yield "]"
    else:
        yield repr(node)
