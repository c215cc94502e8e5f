"""A shop with an admin, and who may log in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import migrations, models
from django.test import Client

from tests.helpers import Project, model
from tests.web.site import APPS, SETTINGS


@pytest.fixture
def files(project: Project) -> Project:
    """Three migrations; the second's column can be filled."""
    project.migration("0001_initial", model("Item"))
    project.write("shop/models.py")  # Django announces a plan to apps that have models
    note = migrations.AddField("Item", "note", models.TextField(null=True))
    project.migration("0002_note", note)
    size = migrations.AddField("Item", "size", models.IntegerField(null=True))
    project.migration("0003_size", size)
    project.others = [*APPS, "migration_tools"]
    return project


@pytest.fixture
def shop(files: Project) -> Iterator[Project]:
    """Installed, and nothing of it is applied."""
    with files.installed(**SETTINGS):
        # Models stay with the admin when a test that had their app installed is over.
        registered = admin.site._registry
        gone = {one for one in registered if not apps.is_installed(_app_of(one))}
        kept = {one: registered.pop(one) for one in gone}
        yield files
        registered.update(kept)


def _app_of(model: Any) -> str:
    return str(model.__module__).removesuffix(".models")


@pytest.fixture
def user(shop: Project) -> Iterator[Callable[..., Any]]:
    """Makes users, and takes them away again."""
    made = []

    def make(name: str, **rights: Any) -> Any:
        made.append(get_user_model().objects.create(username=name, **rights))
        return made[-1]

    try:
        yield make
    finally:
        for one in made:
            one.user_permissions.clear()
            type(one).objects.filter(pk=one.pk)._raw_delete(using="default")


@pytest.fixture
def root(user: Callable[..., Any]) -> Client:
    """Of a superuser."""
    return client_of(user("root", is_staff=True, is_superuser=True))


def client_of(who: Any) -> Client:
    client = Client()
    client.force_login(who)
    return client
