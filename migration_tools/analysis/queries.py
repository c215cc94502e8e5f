"""Keeps an analysis from reaching any database by a way of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

#: Every public way to a cursor; the same ones that Django's own SimpleTestCase closes.
DOORS = ("cursor", "chunked_cursor", "temporary_connection", "connect")


class QueryRefused(Exception):
    """An operation asked for a cursor of its own while it was being recorded."""


def _usable_connections() -> Iterator[Any]:
    for alias in connections:
        # An alias without its driver cannot be queried by anybody.
        with contextlib.suppress(ImproperlyConfigured):
            yield connections[alias]


@contextlib.contextmanager
def no_queries() -> Iterator[None]:
    """Refuse cursors on every alias, the ones that are not open yet included.

    Connections are a thread's own, so nobody inside may start another thread either; what other
    threads of the process do is their business.
    """
    saved: list[tuple[Any, dict[str, Any]]] = []

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise QueryRefused

    for connection in list(_usable_connections()):
        saved.append(
            (
                connection,
                {name: vars(connection)[name] for name in DOORS if name in vars(connection)},
            )
        )
        for name in DOORS:
            setattr(connection, name, refuse)
    try:
        with _no_threads():
            yield
    finally:
        for connection, own in saved:
            for name in DOORS:
                if name in own:
                    setattr(connection, name, own[name])
                else:
                    delattr(connection, name)


#: The threads that record, and the lock for the list and for what it changes.
_recording: list[int] = []
_changing = threading.Lock()
_start = threading.Thread.start


def _start_outside(thread: threading.Thread) -> None:
    if threading.get_ident() in _recording:
        raise QueryRefused
    _start(thread)


@contextlib.contextmanager
def _no_threads() -> Iterator[None]:
    """For this thread; two of them may record at once, and the last one opens the door again."""
    global _start
    recording = threading.get_ident()
    with _changing:
        if not _recording:
            _start = threading.Thread.start
            threading.Thread.start = _start_outside  # type: ignore[assignment, method-assign]
        _recording.append(recording)
    try:
        yield
    finally:
        with _changing:
            _recording.remove(recording)
            if not _recording:
                threading.Thread.start = _start  # type: ignore[method-assign]
