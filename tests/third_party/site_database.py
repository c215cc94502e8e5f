"""Where the sites find PostgreSQL: the variables of the other tests."""

from __future__ import annotations

import os
from typing import Any

VARIABLE = "MIGRATION_TOOLS_DB"


def postgresql(backend: str) -> dict[str, Any]:
    return {
        "ENGINE": backend,
        "NAME": os.environ[f"{VARIABLE}_NAME"],
        "HOST": os.environ.get(f"{VARIABLE}_HOST", "127.0.0.1"),
        "PORT": os.environ.get(f"{VARIABLE}_PORT", "5432"),
        "USER": os.environ.get(f"{VARIABLE}_USER", "postgres"),
        "PASSWORD": os.environ.get(f"{VARIABLE}_PASSWORD", ""),
    }
