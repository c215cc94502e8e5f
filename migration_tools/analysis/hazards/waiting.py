"""MT350 and above: what others have to wait for."""

from __future__ import annotations

from migration_tools.analysis.hazards.catalogue import Severity, hazard

REWRITTEN = hazard(
    "MT350",
    "table written anew",
    Severity.WARNING,
    cause="The engine can make this change only by writing every row again, with all indexes.",
    consequence="The table is locked meanwhile, and needs its size once more on the disk.",
    remedy="Add a new column beside the old one, fill it in batches, and drop the old one in a "
    "later release; or do it when nobody is there.",
)
SCANNED = hazard(
    "MT351",
    "table read through under a lock",
    Severity.WARNING,
    cause="The engine looks at every row before it believes the new rule, NOT NULL or a check.",
    consequence="The table is locked as long as that takes.",
    remedy="Where the engine can, add the rule as NOT VALID and validate it in a second migration.",
)
INDEX_BUILT = hazard(
    "MT352",
    "index built under a lock",
    Severity.WARNING,
    cause="The index is built in one go, inside the step.",
    consequence="Nobody can write to the table until it is built.",
    remedy="Where the engine can, build it concurrently: AddIndexConcurrently, in a migration with "
    "atomic = False.",
)
KEY_VALIDATED = hazard(
    "MT353",
    "foreign key looked up under a lock",
    Severity.WARNING,
    cause="Every row's key is looked up in the other table when the foreign key is made.",
    consequence="Both tables are locked as long as that takes.",
    remedy="Where the engine can, add it as NOT VALID and validate it in a second migration.",
)
OTHER_LOCKED = hazard(
    "MT354",
    "another table locked along",
    Severity.WARNING,
    cause="The statement is about one table and takes a lock on another, as a foreign key does on "
    "the table that it points to.",
    consequence="Whoever uses that table waits until the step ends; and while the step waits for "
    "its lock, everybody who comes later waits behind it.",
    remedy="Take the step with --lock-timeout when there are no long transactions.",
)
