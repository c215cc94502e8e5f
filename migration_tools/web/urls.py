"""The pages. A migration that has lost its file may have any name, also one with a slash."""

from __future__ import annotations

from django.urls import path

from migration_tools.web import views

app_name = "migration_tools"

urlpatterns = [
    path("", views.report, name="report"),
    path("runs/", views.runs, name="runs"),
    path("runs/<int:number>/", views.run, name="run"),
    path("archives/", views.archives, name="archives"),
    path("archives/<int:number>/", views.archive, name="archive"),
    path("migrations/<str:app>/<path:name>/", views.migration, name="migration"),
]
