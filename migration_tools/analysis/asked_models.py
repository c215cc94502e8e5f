"""The models that a RunPython function asks for, read in its source; nothing is run."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``models``: "app.Model", in the order of the source. ``unread``: why there may be more."""

    models: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


def models_asked(code: Any) -> Asked:
    """Followed into functions of the same module that the code calls by their names."""
    code = inspect.unwrap(getattr(code, "func", code))  # functools.partial
    module = sys.modules.get(getattr(code, "__module__", None) or "")
    start = _source(code)
    if start is None:
        return Asked(unread=("its source cannot be read",))
    known = _functions(module)
    models: dict[str, None] = {}
    unread: dict[str, None] = {}
    seen: set[str] = set()
    waiting: list[ast.AST] = [start]
    while waiting:
        for call in _calls(waiting.pop(0)):
            name = _name(call.func)
            if name == "get_model":
                model = _literal(call)
                (models if model else unread)[model or f"`{ast.unparse(call)}`"] = None
            elif isinstance(call.func, ast.Name) and name in known and name not in seen:
                seen.add(name)
                waiting.append(known[name])
    return Asked(models=tuple(models), unread=tuple(unread))


def _source(code: Any) -> ast.AST | None:
    if not (inspect.isfunction(code) or inspect.ismethod(code)):
        return None
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(code)))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return None
    found: list[ast.AST] = [node for node in tree.body if isinstance(node, Function)]
    found = found or [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    return found[0] if len(found) == 1 else None


def _functions(module: Any) -> dict[str, ast.AST]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return {}
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    """In the order of the source, which ast.walk does not keep."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        yield from _calls(child)


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(call: ast.Call) -> str:
    """ "app.Model"; empty if an argument is worked out where it runs."""
    named = {word.arg: word.value for word in call.keywords}
    given = [*call.args, *(named[word] for word in ("app_label", "model_name") if word in named)]
    texts = [
        node.value
        for node in given
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    if len(texts) != len(given):
        return ""
    if len(texts) == 1 and texts[0].count(".") == 1:
        return texts[0]
    return ".".join(texts) if len(texts) == 2 else ""
