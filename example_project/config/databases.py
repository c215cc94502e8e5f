"""The example's database, chosen by the environment variable MIGRATION_TOOLS_DB."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

VARIABLE = "MIGRATION_TOOLS_DB"

SERVERS: dict[str, dict[str, Any]] = {
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": "5432",
        "USER": "postgres",
        "PASSWORD": "",
        "NAME": "cars",
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "127.0.0.1",
        "PORT": "3306",
        "USER": "root",
        "PASSWORD": "",
        "NAME": "cars",
        "OPTIONS": {"charset": "utf8mb4"},
    },
    "mysql": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": "127.0.0.1",
        "PORT": "56307",
        "USER": "migration_tools",
        "PASSWORD": "migration_tools",
        "NAME": "cars",
        "OPTIONS": {"charset": "utf8mb4"},
    },
}


def database(directory: Path, environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """An entry for DATABASES; ``directory`` is where the SQLite file lies.

    Each part of a server's address has its own variable: MIGRATION_TOOLS_DB_HOST, _PORT, _USER,
    _PASSWORD and _NAME (for SQLite, _NAME is the path of the file).
    """
    choice = environment.get(VARIABLE, "") or "sqlite"
    if choice == "sqlite":
        name = environment.get(f"{VARIABLE}_NAME") or str(directory / "cars.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    if choice not in SERVERS:
        raise ImproperlyConfigured(
            f"{VARIABLE} is {choice!r}; it can be sqlite, {', '.join(SERVERS)}."
        )
    entry = dict(SERVERS[choice])
    for part in ("HOST", "PORT", "USER", "PASSWORD", "NAME"):
        entry[part] = environment.get(f"{VARIABLE}_{part}", entry[part])
    return entry
