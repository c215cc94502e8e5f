#!/usr/bin/env python
"""Django's command-line utility for the example project."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # So that the example runs straight from a checkout, with the migration_tools beside it.
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a database that is not known, a driver that is missing
        sys.exit(str(error))


if __name__ == "__main__":
    main()
