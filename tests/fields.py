"""Fields of a project's own, for tests; migrations name them by this module."""

from __future__ import annotations

from typing import Any

from django.db import models


class CaselessField(models.CharField):
    """What CICharField was: citext."""

    def db_type(self, connection: Any) -> str:
        return "citext"
