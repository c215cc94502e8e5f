"""The portable answer: no database of our own can be made."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import django.db

from migration_tools.exceptions import NoShadow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

#: Ours, by its name: whose machine, which process, since when (hexadecimal seconds).
NAME = re.compile(r"_mt_shadow_([0-9a-f]{6})_(\d+)_([0-9a-f]{8,})_[0-9a-f]{4}")
#: After this long no process of another machine is still at work on it.
STALE = 24 * 60 * 60


class Scratch:
    """Makes and removes databases on a connection's server; never touches any other.

    The connection given is only read from: what makes a database has a session of its own.
    """

    #: A database can be made without a server being asked.
    needs_no_server: ClassVar[bool] = False

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    @contextlib.contextmanager
    def database(self) -> Iterator[dict[str, Any]]:
        """The settings of a new and empty database, which is gone afterwards."""
        raise NoShadow(
            f"Nobody has written yet how to make a shadow database on {self.connection.vendor}."
        )
        yield {}

    def clone(self) -> tuple[tuple[str, ...] | None, str]:
        """Statements that make the schema of today in an empty database, or None and why."""
        return None, "the schema cannot be cloned on this engine"

    def temporary(self) -> dict[str, Any] | None:
        """Settings under which whatever is made lives in its session only, where that exists."""
        return None

    def for_a_look(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Those of ``database()``, where what is made is looked at in the same session only."""
        return settings

    @property
    def note(self) -> str:
        """What cannot be known in such a database, for people."""
        return ""

    def read_only(self) -> dict[str, Any]:
        """Settings of the real database under which the engine refuses every write."""
        raise NoShadow("This engine cannot be asked to refuse writes.")


class ServerScratch(Scratch):
    """Where databases are made by CREATE DATABASE."""

    @contextlib.contextmanager
    def database(self) -> Iterator[dict[str, Any]]:
        name = new_name()
        with self.session() as session:
            try:
                self.clean(session)
                with session.cursor() as cursor:
                    cursor.execute(self.create_statement(name))
            except django.db.Error as error:
                reason = " ".join(str(error).split())
                raise NoShadow(f"No shadow database can be made: {reason}") from error
        try:
            yield self.settings(name)
        finally:
            with self.session() as session, session.cursor() as cursor:
                cursor.execute(self.drop_statement(name))

    @contextlib.contextmanager
    def session(self) -> Iterator[BaseDatabaseWrapper]:
        session = self.connection.copy()
        session.settings_dict = self.settings(self.connection.settings_dict["NAME"])
        try:
            yield session
        finally:
            session.close()

    def settings(self, name: str) -> dict[str, Any]:
        """As the real one, but for its name and for what reaches across sessions."""
        own = self.connection.settings_dict
        options = {k: v for k, v in own.get("OPTIONS", {}).items() if k != "pool"}
        return {
            **own,
            "NAME": name,
            "OPTIONS": options,
            "ATOMIC_REQUESTS": False,
            "AUTOCOMMIT": True,
            "CONN_MAX_AGE": 0,
        }

    def clean(self, session: BaseDatabaseWrapper) -> None:
        """Remove what killed processes have left behind."""
        with session.cursor() as cursor:
            cursor.execute(self.names_query())
            for (name,) in cursor.fetchall():
                if is_left_behind(name):
                    with contextlib.suppress(django.db.Error):  # another user's
                        cursor.execute(self.drop_statement(name))

    def names_query(self) -> str:
        raise NotImplementedError

    def create_statement(self, name: str) -> str:
        raise NotImplementedError

    def drop_statement(self, name: str) -> str:
        raise NotImplementedError


def new_name() -> str:
    return f"_mt_shadow_{_machine()}_{os.getpid()}_{int(time.time()):x}_{secrets.token_hex(2)}"


def is_left_behind(name: str) -> bool:
    found = NAME.fullmatch(name)
    if found is None:
        return False
    if time.time() - int(found[3], 16) > STALE:
        return True
    return found[1] == _machine() and not _is_running(int(found[2]))


def _machine() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it runs, and belongs to another user
        return True
    return True
