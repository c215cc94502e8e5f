from __future__ import annotations

from django.apps import AppConfig


class MigrationToolsConfig(AppConfig):
    name = "migration_tools"
    verbose_name = "Migration tools"
