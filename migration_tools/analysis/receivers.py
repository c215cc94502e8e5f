"""What receivers of pre_migrate put into a plan, foreseen where no run has announced itself yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import router

from migration_tools.plan import Plan, Step

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from migration_tools.analysis.states import WalkState

CONTENT_TYPES = "contenttypes"
MISSING = (
    "taking it back renames its content type too, and app 'contenttypes' is not in the state of "
    "that moment; let a migration before this one depend on ('contenttypes', '0002_remove_content_"
    "type_name')"
)


class ContentTypes:
    """Whether Django puts a RenameContentType beside a RenameModel, and whether it can run.

    As inject_rename_contenttypes_operations() does (5.2 to 6.1). Going back, a step sees only what
    comes before it in the graph, and an app that sorts before contenttypes may come before it.
    """

    def __init__(self, plan: Plan, connection: BaseDatabaseWrapper) -> None:
        self._with_it: set[Step] = set()
        self._has_no_name = (CONTENT_TYPES, "0002_remove_content_type_name") in plan.applied
        if not apps.is_installed(f"django.contrib.{CONTENT_TYPES}"):
            return
        model = apps.get_model(CONTENT_TYPES, "ContentType")
        if not router.allow_migrate_model(connection.alias, model):
            return
        for step in plan.steps:
            if (step.app, step.name) == (CONTENT_TYPES, "0001_initial"):
                break
            self._with_it.add(step)

    def fail(self, step: Step, state: WalkState) -> bool:
        if not step.is_backwards or step not in self._with_it or CONTENT_TYPES in state.real_apps:
            return False
        model = state.models.get((CONTENT_TYPES, "contenttype"))
        # As of 0001 it has a column that the database has not any more, and every query names it.
        return model is None or ("name" in model.fields and self._has_no_name)
