"""Taking apart the name of a table, which Django lets a project quote by itself."""

from __future__ import annotations

import re


def split(name: str, quote: str) -> tuple[str | None, str] | None:
    """(schema or None, table) without quotes; None if no engine could read the name.

    A name that is not quoted is put between quotes as it is, dots and blanks included, as Django
    does; so ``other"."table`` names a table of another schema as well.
    """
    if not (name.startswith(quote) and name.endswith(quote) and len(name) > 2):
        name = f"{quote}{name}{quote}"
    part = f"{quote}((?:[^{quote}]|{quote}{quote})+){quote}"
    found = re.fullmatch(rf"(?:{part}\.)?{part}", name)
    if found is None:
        return None
    schema, table = (text and text.replace(quote * 2, quote) for text in found.groups())
    return schema, str(table)
