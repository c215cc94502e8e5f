"""One run on a database at a time: the lock that each engine has for it.

Each goes with its session or process, so one that has died leaves none behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from django.core.files import locks

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NAME = "migration_tools"
#: Two numbers of PostgreSQL's advisory locks; they are of one database by themselves.
ADVISORY_KEY = (0x6D696772, 0x746F6F6C)
ADVISORY_LOCKS = """
    FROM pg_catalog.pg_locks held
    WHERE held.locktype = 'advisory' AND held.granted
      AND held.classid = %s AND held.objid = %s AND held.objsubid = 2
      AND held.database = (
          SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()
      )
"""


class RunLock:
    """For a vendor nobody has written a lock for, and where no other process can come near."""

    #: Whether it keeps anybody out.
    works: ClassVar[bool] = False

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def take(self) -> bool:
        """At once or not at all; may be taken again by whoever has it."""
        return True

    def is_held(self) -> bool:
        """Whether this session still has it."""
        return True

    def release(self) -> bool:
        """Whether it was there to be released."""
        return True

    def holder(self) -> str | None:
        """Who has it, as the engine knows them; None if nobody has."""
        return None


class SessionLock(RunLock):
    """Of a server's session: asked for in SQL."""

    works = True

    def _ask(self, query: str, *parameters: Any) -> Any:
        with self.connection.cursor() as cursor:
            cursor.execute(query, parameters)
            row = cursor.fetchone()
        return row and row[0]


class AdvisoryLock(SessionLock):
    """PostgreSQL's."""

    def take(self) -> bool:
        return bool(self._ask("SELECT pg_try_advisory_lock(%s, %s)", *ADVISORY_KEY))

    def is_held(self) -> bool:
        query = f"SELECT EXISTS (SELECT {ADVISORY_LOCKS} AND held.pid = pg_backend_pid())"
        return bool(self._ask(query, *ADVISORY_KEY))

    def release(self) -> bool:
        # Asked first: the server warns about a lock that is not there.
        return self.is_held() and bool(
            self._ask("SELECT pg_advisory_unlock(%s, %s)", *ADVISORY_KEY)
        )

    def holder(self) -> str | None:
        pid = self._ask(f"SELECT held.pid {ADVISORY_LOCKS}", *ADVISORY_KEY)
        return None if pid is None else f"server process {pid}"


class NamedLock(SessionLock):
    """That of MySQL and MariaDB, whose names are of the whole server."""

    @property
    def _name(self) -> str:
        database = str(self.connection.settings_dict["NAME"])
        return f"{NAME}.{hashlib.sha256(database.encode()).hexdigest()[:32]}"

    def take(self) -> bool:
        return bool(self._ask("SELECT GET_LOCK(%s, 0)", self._name) == 1)

    def is_held(self) -> bool:
        return bool(self._ask("SELECT IS_USED_LOCK(%s) = CONNECTION_ID()", self._name) == 1)

    def release(self) -> bool:
        return bool(self._ask("SELECT RELEASE_LOCK(%s)", self._name) == 1)

    def holder(self) -> str | None:
        number = self._ask("SELECT IS_USED_LOCK(%s)", self._name)
        return None if number is None else f"server connection {number}"


class FileLock(RunLock):
    """A file beside the database, for SQLite; it is there only while somebody has it."""

    works = True
    #: Of this process: path -> thread, file, how often taken.
    _taken: ClassVar[dict[Path, tuple[int, IO[str], int]]] = {}

    def __init__(self, connection: BaseDatabaseWrapper, database: Path) -> None:
        super().__init__(connection)
        self.path = database.absolute().with_name(f"{database.name}.{NAME}.lock")

    def take(self) -> bool:
        if self.path in self._taken:
            thread, file, times = self._taken[self.path]
            if thread != threading.get_ident():
                return False
            self._taken[self.path] = thread, file, times + 1
            return True
        if not self.path.parent.is_dir():
            return True  # nothing can be there; whoever connects is told
        while True:
            file = self.path.open("a+", encoding="utf-8")
            if not locks.lock(file, locks.LOCK_EX | locks.LOCK_NB):
                file.close()
                return False
            if self._is_of(file):
                break
            file.close()  # whoever had it has taken the file away in between
        file.truncate(0)
        facts = {"host": socket.gethostname(), "pid": os.getpid(), "since": time.time()}
        file.write(json.dumps(facts))
        file.flush()
        self._taken[self.path] = threading.get_ident(), file, 1
        return True

    def _is_of(self, file: IO[str]) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def is_held(self) -> bool:
        if self.path not in self._taken:
            return not self.path.parent.is_dir()
        return self._is_of(self._taken[self.path][1])

    def release(self) -> bool:
        if self.path not in self._taken:
            return True
        thread, file, times = self._taken.pop(self.path)
        if times > 1:
            self._taken[self.path] = thread, file, times - 1
            return True
        was_there = self._is_of(file)
        if was_there:
            with contextlib.suppress(OSError):  # where an open file cannot be removed
                self.path.unlink()
        file.close()
        return was_there

    def holder(self) -> str | None:
        try:
            with self.path.open(encoding="utf-8") as file:
                if self.path not in self._taken and locks.lock(file, locks.LOCK_SH | locks.LOCK_NB):
                    return None
                told = file.read()
        except OSError:
            return None
        try:
            facts = json.loads(told)
            return f"process {facts['pid']} on {facts['host']}"
        except (ValueError, KeyError):  # not written yet
            return f"whoever has locked {self.path}"
