from __future__ import annotations

NOTES = "to be written"
