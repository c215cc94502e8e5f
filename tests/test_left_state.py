"""A model that went to another app by migrations which do not know of each other."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations import AlterField, DeleteModel, SeparateDatabaseAndState

from tests.helpers import Project, changes_tables, codes, is_clear, model, plan, refusal

pytestmark = changes_tables


def key(to: str) -> models.ForeignKey[object, object]:
    return models.ForeignKey(to, models.CASCADE, null=True)


@pytest.fixture
def project(project: Project) -> Project:
    """`shop.Event.type` pointed to zoo's model, then to its own, and zoo gave it up."""
    project.write("shop/models.py")
    project.migration("0001_initial", model("Type"), app="zoo")
    event = model("Event", type=key("zoo.Type"))
    project.migration("0001_initial", event, model("Kind"), after=[("zoo", "0001_initial")])
    project.migration("0002_own", AlterField("Event", "type", key("shop.Kind")))
    gone = SeparateDatabaseAndState(state_operations=[DeleteModel("Type")])
    project.migration("0002_gone", gone, app="zoo")
    return project


def test_django_fails_after_the_last_step_and_from_then_on(project: Project) -> None:
    with project.installed():
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


def test_with_the_other_side_taken_back_first_it_passes(project: Project) -> None:
    with project.installed():
        project.migrate()
        project.migrate("zoo", "0001")
        assert codes(plan("shop", "0001")) == []
        project.migrate("shop", "0001")
        project.migrate()


def test_the_way_in_again_is_refused_where_django_fails(project: Project) -> None:
    """Without its first migration the app is back at nothing, which can be built."""
    with project.installed():
        project.migrate()
        assert codes(plan("shop", "zero")) == []
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
    with project.installed():
        project.migration("0003_more", model("Tree", up=key("self"), other=key("shop.TREE")))
        project.migrate()
        project.migrate("shop", "0002")
        assert codes(plan("shop")) == []
