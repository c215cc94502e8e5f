"""Every refusal and every error a person can cause; commands turn them into CommandError."""

from __future__ import annotations


class MigrationToolsError(Exception):
    """Base of all errors of this app. ``hint`` names the next command, where there is one."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n  {self.hint}" if self.hint else message


class TargetError(MigrationToolsError):
    """The app or migration that was named does not exist, or names more than one."""


class HistoryError(MigrationToolsError):
    """The migration files cannot be read into a graph."""


class DatabaseError(MigrationToolsError):
    """The database cannot be reached, or its driver is not installed."""


class SettingsError(MigrationToolsError):
    """A key of the MIGRATION_TOOLS setting is unknown or has a value of the wrong kind."""


class JournalError(MigrationToolsError):
    """The journal of runs cannot be read or written."""


class ArchiveError(MigrationToolsError):
    """An archive cannot be made, found or brought back."""


class Refused(MigrationToolsError):
    """The run was stopped before it changed anything."""


class ShadowError(MigrationToolsError):
    """What was to run on a shadow database broke down, or cannot run at all."""


class NoShadow(ShadowError):
    """This user may not make a shadow database, or nobody can on this engine."""
