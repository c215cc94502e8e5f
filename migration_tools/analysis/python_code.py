"""RunPython is never run here: it is noted, with the function's name and where it is written."""

from __future__ import annotations

import contextlib
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

from django.db import router
from django.db.migrations.operations import RunPython

from migration_tools.analysis import effects as fx
from migration_tools.analysis.asked_models import models_asked

_patching = threading.RLock()


@contextlib.contextmanager
def python_noted(
    note: Callable[[fx.Effect], None], *, run: Callable[[RunPython], bool] = lambda operation: False
) -> Iterator[None]:
    """Nested RunPython operations are reached through their class, by whoever holds them.

    ``run``: which of them are run after all, forwards, by a caller who answers for it.
    """

    def forwards(self: RunPython, app_label: str, editor: Any, *states: Any) -> None:
        if threading.get_ident() != recording or run(self):
            saved[0](self, app_label, editor, *states)
            return
        note_python(note, self, app_label, editor, False)

    def backwards(self: RunPython, app_label: str, editor: Any, *states: Any) -> None:
        if threading.get_ident() != recording:
            saved[1](self, app_label, editor, *states)
            return
        note_python(note, self, app_label, editor, True)

    # A migration that another thread really runs meanwhile must not lose its code.
    recording = threading.get_ident()
    with _patching:
        saved = RunPython.database_forwards, RunPython.database_backwards
        RunPython.database_forwards = forwards  # type: ignore[assignment, method-assign]
        RunPython.database_backwards = backwards  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            RunPython.database_forwards, RunPython.database_backwards = saved  # type: ignore[method-assign]


def note_python(
    note: Callable[[fx.Effect], None],
    operation: RunPython,
    app_label: str,
    editor: Any,
    backwards: bool,
) -> None:
    code = operation.reverse_code if backwards else operation.code
    if code is None:
        where = source_of(operation.code)
        note(fx.Irreversible(detail=f"RunPython {name_of(operation.code)}", where=where))
        return
    if code == RunPython.noop or renames_content_type(operation):
        return
    if not router.allow_migrate(editor.connection.alias, app_label, **operation.hints):
        return
    note(
        fx.Opaque(
            kind=fx.OpaqueKind.PYTHON,
            detail=name_of(code),
            where=source_of(code),
            asked=models_asked(code),
        )
    )


def renames_content_type(operation: object) -> bool:
    """Django's own companion of every RenameModel: known code, which its inverse takes back."""
    kind = type(operation)
    known = ("django.contrib.contenttypes.management", "RenameContentType")
    return (kind.__module__, kind.__qualname__) == known


def name_of(code: Any) -> str:
    """What the function is called, whatever is wrapped around it."""
    code = inspect.unwrap(getattr(code, "func", code))
    return str(getattr(code, "__qualname__", type(code).__qualname__))


def source_of(code: Any) -> str:
    """File and line; empty where there is no text of it."""
    code = inspect.unwrap(getattr(code, "func", code))
    with contextlib.suppress(TypeError, OSError):
        return f"{inspect.getsourcefile(code)}:{inspect.getsourcelines(code)[1]}"
    return ""
