"""Who may see the pages: staff who are superusers, or who have the permission that a setting names.

There are no models and so no permissions of this app's own, and none are made in secret.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from migration_tools.conf import configuration
from migration_tools.exceptions import SettingsError

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """A page that only reads, for those who may: others are sent to the login, or refused."""

    @functools.wraps(view)
    def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_see(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    guarded: Any = require_safe(never_cache(staff_member_required(allowed)))
    # A query that is refused must not break a transaction around the whole request.
    for_all: View = transaction.non_atomic_requests(guarded)
    return for_all


def may_see(user: Any) -> bool:
    """Of staff. A setting that cannot be read lets nobody in but superusers."""
    if user.is_superuser:
        return True
    try:
        permission = configuration().admin_permission
    except SettingsError:
        return False
    return bool(permission) and bool(user.has_perm(permission))
