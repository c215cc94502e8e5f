"""As small as a project can be: two apps, the two of Django they stand on, and one database."""

from __future__ import annotations

from pathlib import Path

from config.databases import database

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "only an example: nothing here is secret"
DEBUG = True
ROOT_URLCONF = "config.urls"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "migration_tools",
    "Cars",
    "Inspections",
]

DATABASES = {"default": database(BASE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
