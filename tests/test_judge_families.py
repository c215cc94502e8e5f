"""Any type of any family changed into any other, over rows from the edges of the first."""

from __future__ import annotations

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawing import COLUMNS, is_promised
from tests.judge import case, changes_tables, judge

pytestmark = [changes_tables, pytest.mark.usefixtures("sql_mode")]

#: More of them for a hunt: MIGRATION_TOOLS_EXAMPLES=2000.
EXAMPLES = int(os.environ.get("MIGRATION_TOOLS_EXAMPLES", "30"))


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_family_becomes_any_other(data: st.DataObject) -> None:
    old, values = data.draw(COLUMNS)
    new = data.draw(COLUMNS.map(lambda column: column[0]))
    if connection.vendor == "sqlite":
        values = values.filter(is_promised)
    rows = data.draw(st.lists(st.none() | values, min_size=1, max_size=14))
    # Some pairs an engine refuses, whatever the rows.
    judge(case(old, new, *rows, answer=None), kind="")
