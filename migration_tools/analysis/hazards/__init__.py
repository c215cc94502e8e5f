"""The catalogue: every way, besides losing data, in which a step can hurt.

One entry a hazard. Its code is stable and never used again for something else; each has a page in
docs/reference/hazards and a judged case among the tests.
"""

from __future__ import annotations

from migration_tools.analysis.hazards.blockers import (
    CHECK_VIOLATED,
    COLUMN_EXISTS,
    COLUMN_MISSING,
    DUPLICATES,
    IMPOSSIBLE,
    IN_THE_WAY,
    INDEX_REFUSED,
    IRREVERSIBLE,
    KEY_VIOLATED,
    NO_DEFAULT,
    NOT_COMPUTED,
    NOT_CONVERTIBLE,
    NULLS,
    OBSTACLES,
    ORPHANS,
    OUT_OF_RANGE,
    REFUSED_BY_ENGINE,
    REFUSES,
    TABLE_EXISTS,
    TABLE_MISSING,
    TOO_LONG,
)
from migration_tools.analysis.hazards.catalogue import (
    Hazard,
    Severity,
    catalogue,
)
from migration_tools.analysis.hazards.opaque import (
    NOT_RECORDED,
    OPAQUE_CURSOR,
    OPAQUE_MIGRATION,
    OPAQUE_PYTHON,
    OPAQUE_SQL,
)
from migration_tools.analysis.hazards.surprises import (
    BREAKS,
    GOES_ALONG,
    INVENTED,
    KEYS_NOT_CHECKED,
    MADE_ANEW,
    MISREAD,
    NOT_JUDGED,
    NOT_MADE,
    NOTHING_TO_DROP,
    NOTHING_UNDONE,
)
from migration_tools.analysis.hazards.waiting import (
    INDEX_BUILT,
    KEY_VALIDATED,
    OTHER_LOCKED,
    REWRITTEN,
    SCANNED,
)

__all__ = [
    "BREAKS",
    "CHECK_VIOLATED",
    "COLUMN_EXISTS",
    "COLUMN_MISSING",
    "DUPLICATES",
    "GOES_ALONG",
    "IMPOSSIBLE",
    "INDEX_BUILT",
    "INDEX_REFUSED",
    "INVENTED",
    "IN_THE_WAY",
    "IRREVERSIBLE",
    "KEYS_NOT_CHECKED",
    "KEY_VALIDATED",
    "KEY_VIOLATED",
    "MADE_ANEW",
    "MISREAD",
    "NOTHING_TO_DROP",
    "NOTHING_UNDONE",
    "NOT_COMPUTED",
    "NOT_CONVERTIBLE",
    "NOT_JUDGED",
    "NOT_MADE",
    "NOT_RECORDED",
    "NO_DEFAULT",
    "NULLS",
    "OBSTACLES",
    "OPAQUE_CURSOR",
    "OPAQUE_MIGRATION",
    "OPAQUE_PYTHON",
    "OPAQUE_SQL",
    "ORPHANS",
    "OTHER_LOCKED",
    "OUT_OF_RANGE",
    "REFUSED_BY_ENGINE",
    "REFUSES",
    "REWRITTEN",
    "SCANNED",
    "TABLE_EXISTS",
    "TABLE_MISSING",
    "TOO_LONG",
    "Hazard",
    "Severity",
    "catalogue",
]
