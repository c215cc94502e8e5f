from __future__ import annotations

from typing import Any


class KeepAway:
    """Model Secret lives on the alias "elsewhere" only, and so does what hints at it."""

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        if app_label != "routed":
            return None
        secret = model_name == "secret" or hints.get("about") == "secret"
        return secret == (db == "elsewhere")


class KeepAllAway:
    """No model of the app lives on the alias "default"."""

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        return db != "default" if app_label == "routed" else None
