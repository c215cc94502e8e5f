"""The ``DATABASES`` of the real projects, from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgresql": "django.db.backends.postgresql",
    "mariadb": "django.db.backends.mysql",
    "mysql": "django.db.backends.mysql",
}
PORTS = {"postgresql": "5432", "mariadb": "3306", "mysql": "3306"}
USERS = {"postgresql": "postgres", "mariadb": "root", "mysql": "root"}


def from_environment(default_file: Path, environ: dict[str, str] | None = None) -> dict[str, Any]:
    """One alias, ``default``: SQLite in this file, if ``MIGRATION_TOOLS_DB`` names no other."""
    env = os.environ if environ is None else environ
    engine = env.get("MIGRATION_TOOLS_DB", "sqlite")
    if engine not in ENGINES:
        raise ValueError(f"MIGRATION_TOOLS_DB is {engine!r}; known: {', '.join(ENGINES)}.")
    name = env.get("MIGRATION_TOOLS_DB_NAME")
    if engine == "sqlite":
        return {"default": {"ENGINE": ENGINES[engine], "NAME": name or str(default_file)}}
    database: dict[str, Any] = {
        "ENGINE": ENGINES[engine],
        "NAME": name or default_file.stem,
        "HOST": env.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
        "PORT": env.get("MIGRATION_TOOLS_DB_PORT", PORTS[engine]),
        "USER": env.get("MIGRATION_TOOLS_DB_USER", USERS[engine]),
        "PASSWORD": env.get("MIGRATION_TOOLS_DB_PASSWORD", ""),
    }
    if engine in ("mariadb", "mysql"):
        database["OPTIONS"] = {"charset": "utf8mb4"}
    return {"default": database}
