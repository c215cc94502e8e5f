"""A database of each module's own, and a project without apps beside it, as for the gate."""

from __future__ import annotations

from tests.gate.conftest import alias, empty_database, filled, project

__all__ = ["alias", "empty_database", "filled", "project"]
