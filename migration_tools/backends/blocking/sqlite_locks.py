"""Run as a program of its own: prints who has locked a file of SQLite, as JSON.

Where SQLite puts its locks is part of its file format (os.h, wal.c); F_GETLK only asks.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import sys

PENDING = 0x40000000
#: file, first byte, how many, what a lock there means.
LOCKS = (
    ("", PENDING, 1, "PENDING: it is about to write, and lets no new reader in"),
    ("", PENDING + 1, 1, "RESERVED: it is writing"),
    ("", PENDING + 2, 510, "SHARED: it is reading"),
    ("-shm", 120, 1, "WRITE: it is writing"),
)
FLOCK = "hhqqi4x"


def holder(path: str, start: int, length: int) -> int | None:
    """The process that would keep this range from being locked."""
    with open(path, "rb") as file:
        # As a writer would ask, so that readers are told, too.
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    return None if kind == fcntl.F_UNLCK else int(pid)


def holders(path: str) -> list[tuple[int, str]]:
    """The first lock that says most, of each process."""
    is_wal = os.path.exists(f"{path}-shm")
    found: dict[int, str] = {}
    for suffix, start, length, mode in LOCKS:
        # In WAL mode every open connection has a shared lock, which is in nobody's way.
        if (suffix and not is_wal) or (is_wal and not suffix and length > 1):
            continue
        pid = holder(f"{path}{suffix}", start, length)
        if pid is not None:
            found.setdefault(pid, mode)
    return list(found.items())


if __name__ == "__main__":
    sys.stdout.write(json.dumps(holders(sys.argv[1])))
