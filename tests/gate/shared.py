"""What the tests of the gate share: the commands, and a gate by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import connections

from migration_tools.analysis.verdicts import Assessment
from migration_tools.execution.gate import Gate
from migration_tools.plan import Target

UNSEEN = "whose plan had not been looked at"
LOSSY = ("Cars", "0002")


def safe(alias: str, *words: str, **options: Any) -> None:
    call_command("migrate_safe", *words, database=alias, verbosity=0, skip_checks=True, **options)


def plain(alias: str, *words: str) -> None:
    call_command("migrate", *words, database=alias, verbosity=0, skip_checks=True)


def a_gate(alias: str, decide: Callable[[Assessment], None]) -> Gate:
    return Gate(connections[alias], decide, target=Target(), count_timeout=5)


def never(assessment: Assessment) -> None:
    raise AssertionError("nothing should have been judged")
