"""Values of which only the engine knows what it makes are kept as those that are surely lost."""

from __future__ import annotations

from django.db import connection, models
from django.db.migrations import AlterField

from tests.archives.test_copied_runs import project, safe, seen
from tests.helpers import Project, changes_tables, insert, model, plan, told

__all__ = ["project"]

pytestmark = changes_tables

#: What text becomes, texts that come back otherwise, or may, or do; and what is said of them.
EXACT, AT_MOST = "exact", "at most"
WHOLE = models.IntegerField(null=True)
FRACTION = models.DecimalField(max_digits=5, decimal_places=2, null=True)
CASES = {
    "sqlite": (WHOLE, ["007", "08", "9"], {EXACT}),
    "postgresql": (
        models.DateField(null=True),
        ["January 8, 1999", "1999-1-8", "1999-01-08"],
        {AT_MOST},
    ),
    # Two kinds of loss in one column.
    "mysql": (FRACTION, ["1.555", "1e01", "3.00"], {EXACT, AT_MOST}),
}


def test_they_come_back(project: Project) -> None:
    field, texts, exactness = CASES[connection.vendor]
    project.migration("0001_initial", model("Item", v=models.CharField(max_length=20, null=True)))
    project.migration("0002_other", AlterField("Item", "v", field))
    with project.installed():
        project.migrate("shop", "0001")
        insert("shop_item", id=[1, 2, 3, 4], v=[*texts, None])
        before = seen()
        assert {loss["exactness"] for loss in told(plan("shop"), "losses")} == exactness
        safe("shop", "0002")
        assert seen() != before
        safe("shop", "0001")
        assert seen() == before
