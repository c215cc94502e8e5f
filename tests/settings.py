"""Settings of the test project: the database is chosen by MIGRATION_TOOLS_DB.

sqlite (the default), postgresql, mariadb or mysql. Where the server is can be said by
MIGRATION_TOOLS_DB_HOST, _PORT, _USER and _PASSWORD.
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured

ENGINE = os.environ.get("MIGRATION_TOOLS_DB", "sqlite")

# Two runs at once never share a database: the name tells engine, Django and process. It is left in
# the environment so that processes started by this one (pytest-xdist's workers) agree on it.
NAME = os.environ.setdefault(
    "MIGRATION_TOOLS_DB_NAME",
    f"migration_tools_{ENGINE}_dj{django.VERSION[0]}{django.VERSION[1]}_{os.getpid()}",
)


def server(backend: str, port: str, user: str, password: str = "", **more: Any) -> dict[str, Any]:
    return {
        "ENGINE": f"django.db.backends.{backend}",
        "NAME": NAME,
        "HOST": os.environ.get("MIGRATION_TOOLS_DB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGRATION_TOOLS_DB_PORT", port),
        "USER": os.environ.get("MIGRATION_TOOLS_DB_USER", user),
        "PASSWORD": os.environ.get("MIGRATION_TOOLS_DB_PASSWORD", password),
        **more,
    }


# The collation is not named: what the server's own default does is part of what is tested.
UTF8MB4 = {"CHARSET": "utf8mb4"}

ENGINES: dict[str, dict[str, Any]] = {
    "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": NAME},
    "postgresql": server("postgresql", "5432", "postgres"),
    "mariadb": server("mysql", "3306", "root", TEST=UTF8MB4),
    "mysql": server("mysql", "56307", "migration_tools", "migration_tools", TEST=UTF8MB4),
}

if ENGINE not in ENGINES:
    raise ImproperlyConfigured(
        f"MIGRATION_TOOLS_DB is {ENGINE!r}; it must be one of {', '.join(ENGINES)}."
    )

DATABASES = {"default": ENGINES[ENGINE]}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "migration_tools"]
SECRET_KEY = "only for tests"  # signs nothing
TIME_ZONE = "UTC"
USE_TZ = True
