"""A migration class with an apply() or unapply() of its own: read, never run."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from django.db.migrations.migration import Migration

from migration_tools.analysis import effects as fx

#: After these, what comes next is run: none of them can leave the function but by raising.
STRAIGHT = (
    ast.Expr,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Import,
    ast.ImportFrom,
    ast.Pass,
)


def overriding(migration: Migration, *, backwards: bool) -> fx.Effect | None:
    """What the override does to the step; None where Django's own method runs."""
    name = "unapply" if backwards else "apply"
    method = getattr(type(migration), name)
    if method is getattr(Migration, name):
        return None
    where = _where(method)
    if raised := _only_raises(method):
        detail = f"its own {name}() only raises {raised}"
        if backwards:
            return fx.Irreversible(detail=detail, where=where)
        return fx.Impossible(table="", detail=detail, where=where, by_migration=True)
    return fx.Opaque(
        kind=fx.OpaqueKind.OVERRIDDEN,
        detail=f"{type(migration).__module__} has its own {name}()",
        where=where,
    )


def has_no_way_back(migration: Migration) -> str:
    """Why, if the class itself says so, whatever its operations are; else empty."""
    effect = overriding(migration, backwards=True)
    return effect.detail if isinstance(effect, fx.Irreversible) else ""


def _only_raises(method: Any) -> str:
    """The name of the exception that the method is certain to raise; empty if it may not."""
    function = _parsed(method)
    if function is None or function.decorator_list or any(_yields(function.body)):
        return ""
    for statement in function.body:
        if isinstance(statement, ast.Raise):
            return _raised(statement)
        if not isinstance(statement, STRAIGHT):
            return ""
    return ""


def _yields(body: list[ast.stmt]) -> Iterator[bool]:
    """A generator runs nothing of its body when it is called."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Yield | ast.YieldFrom):
                yield True


def _parsed(method: Any) -> ast.FunctionDef | None:
    if not inspect.isfunction(method):
        return None
    try:
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(method))).body
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return None
    return node if isinstance(node, ast.FunctionDef) else None


def _raised(statement: ast.Raise) -> str:
    exception = statement.exc
    if isinstance(exception, ast.Call):
        exception = exception.func
    match exception:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name[0].isupper():  # no variable
            return name
    return "an error"


def _where(method: Any) -> str:
    try:
        return f"{inspect.getsourcefile(method)}:{inspect.getsourcelines(method)[1]}"
    except (OSError, TypeError):
        return ""
