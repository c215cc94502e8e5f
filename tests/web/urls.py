"""The pages where the documentation puts them: before the admin's own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/migrations/", include("migration_tools.urls")),
    path("admin/", admin.site.urls),
]
