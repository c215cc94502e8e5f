from __future__ import annotations

from typing import Any

from django.db import models


class LivingAuthors(models.Manager[Any]):
    use_in_migrations = True

    def __init__(self, century: int = 21) -> None:
        super().__init__()
        self.century = century


class WithEmail:
    """A base that is no model, as third-party mixins are."""

    def address(self) -> str:
        return "nobody"
