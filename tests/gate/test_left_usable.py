"""Whatever a run ends with, the connection can be used afterwards."""

from __future__ import annotations

import pytest
from django.core.management import CommandError
from django.db import connections
from django.db.migrations import AddField, RunPython

from tests.gate.shared import plain, safe
from tests.helpers import Project, foreign_key, model


def one_row(apps: object, editor: object) -> None:
    """Nobody can foresee it, so the step really fails."""
    item = apps.get_model("shop", "Item")  # type: ignore[attr-defined]
    item.objects.using(editor.connection.alias).create()  # type: ignore[attr-defined]


def enforced(alias: str) -> bool:
    """Whether foreign keys are; where nobody can turn that off, they are."""
    if connections[alias].vendor != "sqlite":
        return True
    with connections[alias].cursor() as cursor:
        return bool(cursor.execute("PRAGMA foreign_keys").fetchone()[0])


@pytest.mark.parametrize("atomic", [True, False])
def test_step_that_fails_after_its_last_operation(
    project: Project, alias: str, atomic: bool
) -> None:
    """Where keys are checked, or made, only at the end of a step."""
    project.migration("0001_initial", model("Maker"), model("Item"))
    project.migration(
        "0002_step",
        RunPython(one_row, RunPython.noop),
        AddField("Item", "maker", foreign_key("shop.Maker", default=99)),
    )
    file = project.folder / "shop/migrations/0002_step.py"
    file.write_text(
        file.read_text().replace("dependencies", f"atomic = {atomic}\n    dependencies")
    )
    with project.installed("Cars"):
        plain(alias, "shop", "0001")
        connection = connections[alias]
        with pytest.raises(CommandError, match="refused a query"):
            safe(alias, "shop", allow_opaque=True)
        assert not connection.in_atomic_block
        assert enforced(alias)
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM shop_maker")
            assert cursor.fetchone() == (0,)
        assert connection.get_autocommit()
