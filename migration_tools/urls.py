"""The pages in the admin: ``path("admin/migrations/", include("migration_tools.urls"))``.

It goes before the admin's own URLs, which take everything below theirs.
"""

from __future__ import annotations

from migration_tools.web.urls import app_name, urlpatterns

__all__ = ["app_name", "urlpatterns"]
