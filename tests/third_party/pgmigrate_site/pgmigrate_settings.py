"""django-pgmigrate: puts a `migrate` of its own in the place of Django's, which clears its way."""

from __future__ import annotations

import datetime

from site_database import postgresql

SECRET_KEY = "only for tests"  # signs nothing

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "pgactivity",
    "pglock",
    "pgmigrate",
    "migration_tools",
    "Cars",
]
DATABASES = {"default": postgresql("django.db.backends.postgresql")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGMIGRATE_BLOCKING_ACTION_INTERVAL = datetime.timedelta(milliseconds=200)
USE_TZ = True
