"""The app: it has no models and no migrations of its own."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register

from migration_tools.checks import check_histories, check_private_fields, check_settings
from migration_tools.execution.bystanding import stand_by
from migration_tools.execution.processes import heed_other_processes


class MigrationToolsConfig(AppConfig):
    name = "migration_tools"
    verbose_name = "Migration tools"

    def ready(self) -> None:
        register(check_settings)
        register(check_private_fields)
        register(check_histories, Tags.database)
        heed_other_processes()
        stand_by()
