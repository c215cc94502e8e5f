"""Any models, with any rows, there and back again: every table is as it was, to the byte.

A few trips each time, the same ones; with MIGRATION_TOOLS_TRIPS=500 as many, and new ones.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.db import connection
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.archives.drawing import Trip, trips
from tests.archives.trips import Travelling
from tests.helpers import changes_tables

pytestmark = changes_tables

HUNT = int(os.environ.get("MIGRATION_TOOLS_TRIPS", 0))
WAYS = ["copy"] if connection.vendor == "sqlite" else ["auto", "copy"]


@settings(
    max_examples=HUNT or 15,
    derandomize=not HUNT,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # making one smaller takes minutes,
)
@given(trip=trips(), archive=st.sampled_from(WAYS))
def test_any_trip(trip: Trip, archive: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        travelling = Travelling(trip, Path(folder), archive)
        note(travelling.text())
        travelling.make()
