"""A database of each module's own, and a project without apps beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests import cars
from tests.helpers import Project
from tests.twins import database, empty


@pytest.fixture(scope="module")
def empty_database(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    name = request.module.__name__.rpartition("test_")[2]
    with django_db_blocker.unblock(), database(name) as alias:
        yield alias


@pytest.fixture
def alias(empty_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Of an empty database."""
    with django_db_blocker.unblock():
        empty(empty_database)
        yield empty_database


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def filled(project: Project, alias: str) -> Iterator[str]:
    """Of a database with cars in it, and the example's app installed."""
    with project.installed("Cars"):
        cars.fill(alias)
        yield alias
