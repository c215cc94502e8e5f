"""django-tenants: customers in the public schema, their cars in a schema of their own each."""

from __future__ import annotations

from site_database import postgresql

SECRET_KEY = "only for tests"  # signs nothing

SHARED_APPS = [
    "django_tenants",
    "customers",
    "django.contrib.contenttypes",
    "migration_tools",
]
TENANT_APPS = ["django.contrib.contenttypes", "Cars"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

DATABASES = {"default": postgresql("django_tenants.postgresql_backend")}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
USE_TZ = True
