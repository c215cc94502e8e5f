"""Runs a command in a process of its own that a fault ends at the n-th point.

A point is a statement that changes something, or a commit: before any other one the database is the
same as before the next of these.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from tests.twins import Outcome, command_line

READS = re.compile(r"\s*\(*(SELECT|SHOW|EXPLAIN|PRAGMA|SET|SAVEPOINT|RELEASE|ROLLBACK)\b", re.I)
#: A SELECT that changes something all the same.
LOCKS = re.compile(r"advisory|GET_LOCK|RELEASE_LOCK", re.I)
Fault = Callable[[BaseDatabaseWrapper], None]


@dataclass(frozen=True)
class Ended:
    """``point``: the statement at which the fault came; None if the command came to its end."""

    point: str | None
    code: int
    out: str


def kill(connection: BaseDatabaseWrapper) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def cut(connection: BaseDatabaseWrapper) -> None:
    """The server hears no more of this client, and the client finds out."""
    with contextlib.suppress(OSError):
        line = socket.socket(fileno=os.dup(connection.connection.fileno()))
        line.shutdown(socket.SHUT_RDWR)
        line.close()


def run_with_fault(
    alias: str,
    words: tuple[str, ...],
    fault: Callable[[BaseDatabaseWrapper], None],
    number: int,
    folder: Path,
) -> Ended:
    """``words`` on ``alias``, with the fault before the point of that number."""
    told, at = folder / "told", folder / "at"
    for file in (told, at):
        file.unlink(missing_ok=True)
    for connection in connections.all(initialized_only=True):
        connection.close()
    child = os.fork()
    if not child:
        code = 70
        try:
            with faulty(alias, fault, number, at):
                outcome = command_line(*words, "--database", alias)
            told.write_text(outcome.out + outcome.err)
            code = outcome.code
        except BaseException:  # nothing of this process may go on as a test
            told.write_text(traceback.format_exc())
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return Ended(
        point=at.read_text() if at.exists() else None,
        code=code,
        out=told.read_text() if told.exists() else "",
    )


@contextlib.contextmanager
def faulty(alias: str, fault: Fault, number: int, at: Path) -> Iterator[None]:
    seen = 0
    execute, commit = CursorWrapper._execute, BaseDatabaseWrapper._commit

    def reach(connection: Any, point: str) -> None:
        nonlocal seen
        seen += connection.alias == alias
        if seen == number and connection.alias == alias:
            at.write_text(point)
            fault(connection)

    def faulty_execute(self: Any, sql: str, *args: Any) -> Any:
        if not READS.match(str(sql)) or LOCKS.search(str(sql)):
            reach(self.db, str(sql))
        return execute(self, sql, *args)

    def faulty_commit(self: Any) -> Any:
        reach(self, "COMMIT")
        return commit(self)

    # Behind every wrapper that the command itself puts round a statement.
    with (
        mock.patch.object(CursorWrapper, "_execute", faulty_execute),
        mock.patch.object(BaseDatabaseWrapper, "_commit", faulty_commit),
    ):
        yield


def every_point(
    start: Callable[[], None], run: Callable[[int], Ended], check: Callable[[Ended], None]
) -> int:
    """Each point once, from ``start`` again; how many there are."""
    number = 0
    while True:
        start()
        ended = run(number + 1)
        if ended.point is None:
            assert ended.code == 0, ended.out
            return number
        number += 1
        check(ended)


def called(alias: str, *words: str) -> Outcome:
    """In this process, and without a fault."""
    return command_line(*words, "--database", alias)
