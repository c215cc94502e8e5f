"""A gate guards its own process; a `migrate` that is started from it in another one has none.

A wrapped command may do that (one process for each tenant, say). The alias that is guarded is
therefore left in the environment, and where this app is loaded below such a process, a plain
`migrate` on that alias stops before its first step.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db.models.signals import pre_migrate

VARIABLE = "MIGRATION_TOOLS_GATE"


@contextlib.contextmanager
def other_processes_told(alias: str) -> Iterator[None]:
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = f"{os.getpid()}:{alias}"
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def heed_other_processes() -> None:
    """For the start of a process: what it runs may have been meant to be looked at."""
    if VARIABLE in os.environ:
        pre_migrate.connect(_stop_if_unguarded, dispatch_uid=VARIABLE)


def _stop_if_unguarded(*, using: str, plan: Any = None, **kwargs: Any) -> None:
    process, _, alias = os.environ.get(VARIABLE, "").partition(":")
    if plan and using == alias and process != str(os.getpid()):
        raise CommandError(
            f"This `migrate` was started by a migrate_safe (process {process}) that cannot see its "
            "plan. Nothing was changed.\n"
            "  Let it run its plans in one process (django-tenants: --executor=standard)."
        )
