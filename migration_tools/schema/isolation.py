"""Runs a function in a process of its own, in which an alias is another database.

Routers, managers and careless code of a migration follow aliases, and threads open connections of
their own. Only a process whose settings know no other database keeps them all from the real one.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import django
from django.apps import apps
from django.db import connections

from migration_tools.exceptions import ShadowError

#: Django's engine that refuses whatever it is asked.
NO_DATABASE = "django.db.backends.dummy"
#: Connections that came over from the parent. Closing one here would end the parent's session.
_inherited: list[Any] = []


def run_isolated(
    function: Callable[..., Any], alias: str, settings: Mapping[str, Any], *arguments: Any
) -> Any:
    """``function(connection, *arguments)`` in a process where ``alias`` means another database.

    That of ``settings``; every other alias refuses to connect there. The function, its arguments
    and its result are sent as pickles. Raises ShadowError for whatever it raises.
    """
    context: Any = multiprocessing.get_context(_method())
    ours, theirs = context.Pipe(duplex=False)
    # Pickled by hand: a new process has to set Django up before it can read it.
    job = pickle.dumps((function, arguments))
    process = context.Process(target=_work, args=(theirs, alias, dict(settings), job), daemon=True)
    process.start()
    theirs.close()
    try:
        succeeded, result = ours.recv()
    except EOFError as error:
        raise ShadowError("The process that runs the migrations on a shadow has died.") from error
    finally:
        ours.close()
        process.kill()
        process.join()
    if not succeeded:
        raise ShadowError(result)
    return result


def _method() -> str:
    """A copy of this process knows the project already; with threads around it may hang."""
    copies = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return "fork" if copies and threading.active_count() == 1 else "spawn"


def _work(
    answer: Connection,
    alias: str,
    settings: dict[str, Any],
    job: bytes,
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- until the process ends
    try:
        if not apps.ready:
            django.setup()
        impersonate(alias, settings)
        function, arguments = pickle.loads(job)
        answer.send((True, function(connections[alias], *arguments)))
    except BaseException as error:
        with contextlib.suppress(Exception):
            answer.send((False, f"{type(error).__name__}: {error}"))


def impersonate(alias: str, settings: dict[str, Any]) -> None:
    """From now on and for good, in every thread of this process."""
    for existing in connections.all(initialized_only=True):
        _inherited.append((existing, existing.connection))
        existing.connection = None
    for other in connections.settings:
        connections.settings[other] = {
            **connections.settings[other],
            **dict.fromkeys(("NAME", "HOST", "PORT", "USER", "PASSWORD"), ""),
            "ENGINE": NO_DATABASE,
            "OPTIONS": {},
        }
        with contextlib.suppress(AttributeError):
            del connections[other]
    connections.settings[alias] = settings
