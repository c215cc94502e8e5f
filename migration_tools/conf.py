"""The MIGRATION_TOOLS setting: every key, its default and what it takes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings

from migration_tools.exceptions import SettingsError

NAME = "MIGRATION_TOOLS"
#: Values of ARCHIVE and of --archive.
ARCHIVES = ("auto", "park", "copy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """``count_timeout``: seconds for all counts of one plan; a timedelta is taken as well.

    ``allow_opaque``: run plans with Python code or raw SQL in them without asking, as long as
    nothing that can be counted is lost.

    ``archive``: how what a step takes away is kept; "auto" parks where that is instant.

    ``private_fields``: "app.Model.field" and "app.Model", whose values are never archived.

    ``admin_permission``: "app.codename", with which staff may see the pages in the admin; without
    one only superusers may.

    ``ignore_drift``: patterns of names that drift is not told of.
    """

    count_timeout: float = 60.0
    allow_opaque: bool = False
    archive: str = "auto"
    private_fields: tuple[str, ...] = ()
    admin_permission: str = ""
    ignore_drift: tuple[str, ...] = ()


def configuration() -> Configuration:
    """Raises SettingsError for a key that is unknown or a value of the wrong kind."""
    given: Any = getattr(settings, NAME, {})
    if not isinstance(given, dict):
        raise SettingsError(f"The setting {NAME} must be a dictionary.")
    known = {field.name.upper(): field for field in fields(Configuration)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise SettingsError(
                f"The setting {NAME} has an unknown key {key!r}.",
                hint=f"Known keys: {', '.join(sorted(known))}.",
            )
        values[known[key].name] = _checked(key, value)
    return Configuration(**values)


def _checked(key: str, value: Any) -> Any:
    if key == "COUNT_TIMEOUT":
        return _seconds(key, value)
    if key == "ARCHIVE":
        if value not in ARCHIVES:
            raise SettingsError(f"{NAME}[{key!r}] must be one of {', '.join(ARCHIVES)}.")
        return value
    if key == "PRIVATE_FIELDS":
        return _labels(key, value)
    if key == "ADMIN_PERMISSION":
        if not isinstance(value, str) or (value and not all(value.partition("."))):
            raise SettingsError(f'{NAME}[{key!r}] must be "app_label.codename".')
        return value
    if key == "IGNORE_DRIFT":
        return _patterns(key, value)
    if not isinstance(value, bool):
        raise SettingsError(f"{NAME}[{key!r}] must be True or False.")
    return value


def _seconds(key: str, value: Any) -> float:
    if isinstance(value, datetime.timedelta):
        value = value.total_seconds()
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not value >= 0:  # what is not a number is not less than 0 either
        raise SettingsError(f"{NAME}[{key!r}] must be a number of seconds or a timedelta.")
    return float(value)


def _patterns(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) and v for v in value):
        raise SettingsError(f"{NAME}[{key!r}] must be a list of patterns of names.")
    return tuple(value)


def _labels(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise SettingsError(f"{NAME}[{key!r}] must be a list of names.")
    for label in value:
        parts = label.split(".") if isinstance(label, str) else ()
        if len(parts) not in (2, 3) or not all(part.isidentifier() for part in parts):
            raise SettingsError(
                f"{NAME}[{key!r}] has {label!r}, which names no field.",
                hint='Name a field "app.Model.field", or all of a table "app.Model".',
            )
    return tuple(value)
