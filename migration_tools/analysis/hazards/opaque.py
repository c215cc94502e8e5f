"""MT2xx: parts of a step that cannot be seen through; they may do anything to any row."""

from __future__ import annotations

from migration_tools.analysis.hazards.catalogue import Severity, hazard

OPAQUE_PYTHON = hazard(
    "MT201",
    "Python code",
    Severity.WARNING,
    cause="A RunPython operation runs code of the project.",
    consequence="It may change or delete any row; what it does cannot be known beforehand. The "
    "counts of what comes after it are as of now.",
    remedy="Read the function.",
)
OPAQUE_SQL = hazard(
    "MT202",
    "raw SQL",
    Severity.WARNING,
    cause="An operation executes SQL that the project wrote.",
    consequence="It may change or delete any row; the counts of what comes after it are as of now.",
    remedy="Read the statements.",
)
OPAQUE_CURSOR = hazard(
    "MT203",
    "cursor of its own",
    Severity.WARNING,
    cause="An operation opens a database cursor instead of using the schema editor.",
    consequence="What it does cannot be known beforehand; the counts of what comes after it are as "
    "of now.",
    remedy="Read the operation.",
)
OPAQUE_MIGRATION = hazard(
    "MT204",
    "migration with its own apply or unapply",
    Severity.WARNING,
    cause="The migration's class overrides how it is applied.",
    consequence="What it does besides its operations cannot be known beforehand.",
    remedy="Read the class.",
)
NOT_RECORDED = hazard(
    "MT205",
    "operation that cannot be looked at",
    Severity.WARNING,
    cause="The operation raised an error when it was asked what it would do.",
    consequence="What it does cannot be known beforehand; perhaps the step fails.",
    remedy="Read the operation; if it is a custom one, it may need more than a schema editor.",
)
