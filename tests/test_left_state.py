"""A model that went to another app by migrations which do not know of each other."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations import AlterField, DeleteModel, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

from tests.helpers import Project, changes_tables, codes, is_clear, model, plan, plan_text, refusal

pytestmark = changes_tables


def key(to: str) -> models.ForeignKey[object, object]:
    return models.ForeignKey(to, models.CASCADE, null=True)


class LooksAtModels(Operation):
    """A state of somebody's own making, which it takes from rendered models."""

    reversible = True

    def __init__(self, name: str) -> None:
        self.name = name

    def state_forwards(self, app_label: str, state: Any) -> None:
        assert state.apps.get_model(app_label, self.name)

    def database_forwards(self, app_label: str, editor: Any, before: Any, after: Any) -> None: ...

    database_backwards = database_forwards


def hand_over(project: Project, *first: Operation) -> Project:
    """`shop.Event.type` pointed to zoo's model, then to its own, and zoo gave it up."""
    project.write("shop/models.py")
    project.migration("0001_initial", model("Type"), *first, app="zoo")
    event = model("Event", type=key("zoo.Type"))
    project.migration("0001_initial", event, model("Kind"), after=[("zoo", "0001_initial")])
    project.migration("0002_own", AlterField("Event", "type", key("shop.Kind")))
    gone = SeparateDatabaseAndState(state_operations=[DeleteModel("Type")])
    project.migration("0002_gone", gone, app="zoo")
    return project


def test_django_fails_after_the_last_step_and_from_then_on(project: Project) -> None:
    with hand_over(project).installed():
        project.migrate()
        (step,) = plan("shop", "0001")["steps"]
        (finding,) = step["operations"][-1]["findings"]
        assert (finding["code"], finding["severity"]) == ("MT141", "blocker")
        assert "shop.Event.type would refer to zoo.type, which zoo.0002_gone" in finding["message"]
        text = refusal("migrate_safe", "shop", "0001", interactive=False, allow_data_loss=True)
        assert is_clear(text)
        assert "would stop at shop.0002_own: it leaves a key to a model that is not there" in text
        for target in (["shop", "0001"], []):
            with pytest.raises(ValueError, match=r"lazy reference to 'zoo\.type'"):
                call_command("migrate", *target, verbosity=0, skip_checks=True)


@pytest.mark.parametrize("is_there", [True, False])
def test_operations_that_stay_may_look_at_models(project: Project, is_there: bool) -> None:
    """Where the one is gone that the key is to, Django cannot render any of them."""
    hand_over(project, *[LooksAtModels("Type")] * is_there)
    if not is_there:
        project.migration("0003_keeper", model("Keeper"), LooksAtModels("Keeper"), app="zoo")
    with project.installed():
        project.migrate()
        assert codes(plan("shop", "0001")) == ["MT141 blocker"]
        where = "zoo.0002_gone has taken" if is_there else "zoo.0003_keeper, LooksAtModels"
        assert where in plan_text("shop", "0001")
        with pytest.raises(ValueError, match=r"lazy reference to 'zoo\.type'"):
            call_command("migrate", "shop", "0001", verbosity=0, skip_checks=True)


def test_with_the_other_side_taken_back_first_it_passes(project: Project) -> None:
    with hand_over(project).installed():
        project.migrate()
        project.migrate("zoo", "0001")
        assert codes(plan("shop", "0001")) == []
        project.migrate("shop", "0001")
        project.migrate()


def test_the_way_in_again_is_refused_where_django_fails(project: Project) -> None:
    """Without its first migration the app is back at nothing, which can be built."""
    with hand_over(project).installed():
        project.migrate()
        assert codes(plan("shop", "zero")) == ["MT331 warning"]
        assert "zoo.0002_gone has taken away" in plan_text("shop", "zero")
        project.migrate("shop", "zero")
        assert "MT141 blocker" in codes(plan("shop"))
        refused = refusal("migrate_safe", "shop", interactive=False)
        assert (
            "shop.Event.type would refer to zoo.type, which zoo.0002_gone has taken away" in refused
        )
        assert is_clear(refused)
        with pytest.raises(ValueError, match="cannot be resolved"):
            call_command("migrate", "shop", verbosity=0, skip_checks=True)


def test_a_key_of_a_model_to_itself_is_resolved(project: Project) -> None:
    with hand_over(project).installed():
        project.migration("0003_more", model("Tree", up=key("self"), other=key("shop.TREE")))
        project.migrate()
        project.migrate("shop", "0002")
        assert codes(plan("shop")) == []
