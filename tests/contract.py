"""Version 1 of the JSON contract, as keys and types; further keys are allowed everywhere."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

LOSS: Shape = {
    "kind": {"table", "column", "values", "rows", "fills"},
    "table": str,
    "column": (str, None),
    "rows": (int, None),
    "values": (int, None),
    "exactness": {"exact", "estimated", "at most", "unknown"},
    "reason": str,
}
FINDING: Shape = {
    "code": str,
    "severity": {"blocker", "warning", "info"},
    "table": (str, None),
    "column": (str, None),
    "rows": (int, None),
    "message": str,
    "query": (str, None),
}
REPORT: Shape = {
    "version": {1},
    "fingerprint": str,
    "database": {"alias": str, "vendor": str, "server_version": (str, None)},
    "exact": bool,
    "steps": [
        {
            "app": str,
            "name": str,
            "direction": {"forwards", "backwards"},
            "reversible": bool,
            "operations": [
                {
                    "index": int,
                    "description": str,
                    "opaque": bool,
                    "losses": [LOSS],
                    "findings": [FINDING],
                }
            ],
        }
    ],
    "totals": dict.fromkeys(("losses", "rows", "values", "fills", "blockers", "unknown"), int),
}


def breaches(value: Any, shape: Any = REPORT, path: str = "report") -> list[str]:
    """Where ``value`` is not as the contract says."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        return [
            breach
            for key, inner in shape.items()
            for breach in (
                breaches(value[key], inner, f"{path}.{key}")
                if key in value
                else [f"{path}.{key} is missing"]
            )
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path} is no list"]
        return [
            breach
            for number, item in enumerate(value)
            for breach in breaches(item, shape[0], f"{path}[{number}]")
        ]
    if isinstance(shape, set):
        return [] if value in shape else [f"{path} is {value!r}"]
    kinds = shape if isinstance(shape, tuple) else (shape,)
    if value is None:
        return [] if None in kinds else [f"{path} is null"]
    return [] if type(value) in kinds else [f"{path} is {value!r}"]
