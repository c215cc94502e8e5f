"""What a command writes, as a test in this process sees it."""

from __future__ import annotations

import io
from typing import Any

from django.core.management import call_command


def answer(command: str, *words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(command, *words, stdout=out, no_color=True, **options)
    return out.getvalue()
