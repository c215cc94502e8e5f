"""SQLite: who has locked the file, asked of the operating system, which changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from migration_tools.backends.blocking import sqlite_locks
from migration_tools.backends.blocking.base import Blocker, Blocking, Watch
from migration_tools.backends.sqlite import file_of


class SQLiteWatch(Watch):
    def blocking(self, tables: Sequence[str], *, values: bool = False) -> Blocking:
        path = file_of(str(self.connection.settings_dict["NAME"]))
        if path is None or not path.exists():
            return Blocking()
        if not sys.platform.startswith("linux"):
            return Blocking(hidden=("Who has locked the file cannot be asked on this system.",))
        # In a process of its own: closing the file would take this one's locks away.
        done = subprocess.run(
            [sys.executable, "-I", sqlite_locks.__file__, str(path.absolute())],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = done.stderr.strip().rpartition("\n")[2]
            return Blocking(hidden=(f"Who has locked the file could not be asked: {reason}",))
        found = tuple(_blocker(pid, mode) for pid, mode in json.loads(done.stdout))
        return Blocking(found=found)


def _blocker(pid: int, mode: str) -> Blocker:
    """A number that is none, or 0, is of a process that cannot be seen from here."""
    if pid <= 0:
        return Blocker(session="a process that cannot be seen from here", locks=((mode, ""),))
    return Blocker(
        session=f"process {pid}",
        application=_command_line(pid),
        locks=((mode, ""),),
        end=f"kill {pid}",
    )


def _command_line(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another user's
        return ""
    return " ".join(word.decode(errors="replace") for word in words if word)[:200]
