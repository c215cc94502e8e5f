"""MariaDB without a server, as a database engine of Django's."""

from __future__ import annotations
