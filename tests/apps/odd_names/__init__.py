"""Tables and columns with names that have to be quoted, on every engine.

Spaces, apostrophes, capitals, reserved words, letters beyond ASCII, and as long as they can be. The
engines' own quote characters are not among them: Django does not escape those.
"""

from __future__ import annotations

CUSTOMERS = "It's A Customer; -- list"
ORDERS = "order"
PAIRS = "Orders & (their) tags"
RENAMED = "Bestellungen für 2024"
LONGEST = "L" + "o" * 60 + "ng"  # 63 characters, the most that every engine takes

APOSTROPHES = "o'clock's"
RESERVED = "select"
SPACED = "Group By"
ACCENTED = "Größe"
CYRILLIC = "цена"
DOTTED = "a.b"
KEY = "Customer Nr."
