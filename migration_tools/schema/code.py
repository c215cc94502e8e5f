"""Python code of migrations that sends SQL, run on a shadow and kept from everything else.

What such code makes of a schema is known from nothing but running it. It runs in the process of the
shadow (isolation.py), where every alias is the shadow or nothing.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.migrations.operations import RunPython

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Names without which no code sends a statement of its own.
SENDING = frozenset(("execute", "executemany", "executescript", "cursor", "deferred_sql"))
#: What schema editors are called for; code that calls them makes schema as well.
EDITING = frozenset(
    (
        *("create_model", "delete_model", "alter_db_table", "add_field", "remove_field"),
        *("alter_field", "add_index", "remove_index", "rename_index", "add_constraint"),
        *("remove_constraint", "alter_unique_together", "alter_index_together"),
    )
)
#: Audit events by which code reaches beyond its process, but for opening a file to read it.
OUTSIDE = (
    *("socket.", "ssl.", "subprocess.", "shutil.", "ftplib.", "smtplib.", "urllib.", "webbrowser."),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.kill", "os.startfile"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink"),
    *("os.chmod", "os.chown"),
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
#: Whether code is running now that must not reach out; a hook can never be taken away again.
_guards: list[bool] = []


def sends_sql(operation: RunPython) -> bool:
    """Django's own code does not, and what it makes is known."""
    code = inspect.unwrap(getattr(operation.code, "func", operation.code))
    if not isinstance(code, FunctionType) or code.__module__.startswith("django."):
        return False
    return bool((SENDING | EDITING) & set(_names(code, set())))


def _names(function: FunctionType, seen: set[FunctionType]) -> Iterator[str]:
    """Also those of the functions beside it that it calls."""
    seen.add(function)
    names = set(_names_of(function.__code__))
    yield from names
    for name in names:
        called = function.__globals__.get(name)
        if not isinstance(called, FunctionType) or called in seen:
            continue
        if called.__module__ == function.__module__:
            yield from _names(called, seen)


def _names_of(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_of(constant)


@contextlib.contextmanager
def guarded(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Inside, RunPython reaches the shadow only; what it then cannot do is left undone."""
    run = RunPython.database_forwards

    def forwards(self: RunPython, app_label: str, editor: Any, *states: Any) -> None:
        # Where steps are no transactions, neither are statements.
        atomic = connection.in_atomic_block
        holding = transaction.atomic(using=connection.alias) if atomic else contextlib.nullcontext()
        with contextlib.suppress(Exception), holding, _kept_inside():
            run(self, app_label, editor, *states)

    RunPython.database_forwards = forwards  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        RunPython.database_forwards = run  # type: ignore[method-assign]


@contextlib.contextmanager
def _kept_inside() -> Iterator[None]:
    if not _guards:
        sys.addaudithook(_refuse)
        _guards.append(False)
    _guards[0] = True
    try:
        yield
    finally:
        _guards[0] = False


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards[0]:
        return
    writes = event == "open" and len(arguments) > 2 and int(arguments[2] or 0) & WRITING
    # An OSError, as from a disk that cannot be written: importing a module takes it.
    if writes or event.startswith(OUTSIDE) or event.endswith(".connect"):
        raise PermissionError(f"on a shadow, the code of migrations may not do this: {event}")
