from __future__ import annotations

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    name = models.CharField(max_length=60)
    note = models.TextField(blank=True, default="")
    # The tests make the schemas, with the command that they are about.
    auto_create_schema = False


class Domain(DomainMixin):
    pass
