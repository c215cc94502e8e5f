"""The pages before the admin's own. Browsers ask for an icon, and get none."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def no_icon(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=204)


urlpatterns = [
    path("favicon.ico", no_icon),
    path("admin/migrations/", include("migration_tools.urls")),
    path("admin/", admin.site.urls),
]
