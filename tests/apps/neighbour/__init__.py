"""Refers to the models of ``every_operation`` from another app, before and after their renames."""
