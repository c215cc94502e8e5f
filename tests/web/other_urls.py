"""A project that has not put the pages anywhere."""

from __future__ import annotations

urlpatterns: list[object] = []
