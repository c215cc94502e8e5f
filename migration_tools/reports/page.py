"""A report as one page of HTML that needs nothing else: no network, no server, no script to see.

The page around every report is templates/migration_tools/page.html. Every text goes through the
template engine's escaping.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.template import Context, Engine

import migration_tools

TEMPLATES = Path(migration_tools.__file__).parent / "templates"


def rendered(
    template: str,
    context: Mapping[str, Any],
    *,
    now: datetime.datetime,
    title: str,
    fragment: bool = False,
) -> str:
    """``template``: one that fills in page.html. ``context["totals"]``: word, count, is_bad.

    ``fragment``: without the page round it, to be put into another one; for templates that extend
    ``around``.
    """
    engine = Engine(dirs=[str(TEMPLATES)], autoescape=True)
    around = {
        "title": title,
        "now": f"{now:%Y-%m-%d %H:%M %Z}".strip(),
        "version": migration_tools.__version__,
        "around": f"migration_tools/{'fragment' if fragment else 'page'}.html",
    }
    return engine.get_template(f"migration_tools/{template}").render(Context({**context, **around}))
