"""System checks of this app's own setting."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from migration_tools.conf import configuration
from migration_tools.exceptions import SettingsError


def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        configuration()
    except SettingsError as error:
        message = str(error).partition("\n")[0]
        return [Error(message, hint=error.hint or None, id="migration_tools.E001")]
    return []
