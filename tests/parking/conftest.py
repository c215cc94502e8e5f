"""Where nothing is parked there is nothing to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers import tables_kept
from tests.settings import ENGINE

collect_ignore_glob = ["test_parked_*.py"] if ENGINE == "sqlite" else []


@pytest.fixture(autouse=True)
def kept(transactional_db: None) -> Iterator[None]:
    with tables_kept():
        yield
