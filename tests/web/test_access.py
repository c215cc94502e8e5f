"""Who may see the pages, and that nobody can do anything on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client, override_settings

from migration_tools.conf import configuration
from migration_tools.exceptions import SettingsError
from tests.helpers import changes_tables
from tests.web.conftest import client_of
from tests.web.site import ROOT

pytestmark = changes_tables

PAGES = ["", "runs/", "runs/1/", "archives/", "archives/1/", "migrations/shop/0001_initial/"]
User = Callable[..., Any]


@pytest.mark.parametrize("page", PAGES)
def test_nobody_and_no_staff_are_sent_to_the_login(user: User, page: str) -> None:
    for client in (Client(), client_of(user("customer"))):
        answer = client.get(ROOT + page)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/admin/login/?next={ROOT}{page}"


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_the_right_are_refused(user: User, page: str) -> None:
    clerk = client_of(user("clerk", is_staff=True))
    assert clerk.get(ROOT + page).status_code == 403


def test_staff_with_the_permission_that_the_setting_names(user: User) -> None:
    clerk = user("clerk", is_staff=True)
    clerk.user_permissions.add(permission())
    client = client_of(clerk)
    with override_settings(MIGRATION_TOOLS={"ADMIN_PERMISSION": "auth.view_group"}):
        assert client.get(ROOT).status_code == 200
    with override_settings(MIGRATION_TOOLS={"ADMIN_PERMISSION": "auth.change_group"}):
        assert client.get(ROOT).status_code == 403
    assert client.get(ROOT).status_code == 403


def permission() -> Permission:
    """In the table there is none where the tests have never emptied it, and all elsewhere."""
    from django.contrib.contenttypes.models import ContentType

    kind, _ = ContentType.objects.get_or_create(app_label="auth", model="group")
    found, _ = Permission.objects.get_or_create(content_type=kind, codename="view_group")
    return found


def test_the_permission_is_of_no_use_to_customers(user: User) -> None:
    customer = user("customer")
    customer.user_permissions.add(permission())
    client = client_of(customer)
    with override_settings(MIGRATION_TOOLS={"ADMIN_PERMISSION": "auth.view_group"}):
        assert client.get(ROOT).status_code == 302


def test_a_wrong_setting_lets_nobody_in_but_superusers(user: User, root: Client) -> None:
    clerk = client_of(user("clerk", is_staff=True))
    with override_settings(MIGRATION_TOOLS={"ADMIN_PERMISSIONS": "auth.view_group"}):
        assert clerk.get(ROOT).status_code == 403
        assert root.get(ROOT).status_code == 200


@pytest.mark.parametrize("value", [True, "view_group", "auth.", ".view_group", None])
def test_the_setting_is_checked(value: object) -> None:
    with (
        override_settings(MIGRATION_TOOLS={"ADMIN_PERMISSION": value}),
        pytest.raises(SettingsError, match=r'must be "app_label\.codename"'),
    ):
        configuration()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_every_other_method_is_refused(root: Client, method: str, page: str) -> None:
    answer = getattr(root, method)(ROOT + page)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_no_page_is_kept_by_a_cache(root: Client) -> None:
    assert "no-store" in root.get(ROOT).headers["Cache-Control"]
