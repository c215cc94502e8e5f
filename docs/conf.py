"""The documentation as a site: `sphinx-build -W docs site`. The pages also read well as files."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import load_command_class
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import migration_tools

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "migration_tools"],
)
django.setup()

project = "django-migration-tools"
author = "migration_tools contributors"
version = release = migration_tools.__version__
extensions = ["myst_parser"]
html_theme = "furo"
html_title = project
html_copy_source = False
myst_heading_anchors = 3
nitpicky = True
suppress_warnings = ["myst.header"]  # sections that tests look for by their level
# Consoles show what people type and what comes back; nothing colours that right.
highlight_language = "none"


class CommandHelp(Directive):
    """What `manage.py COMMAND --help` prints."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        parser = load_command_class("migration_tools", name).create_parser("manage.py", name)
        parser.color = False  # Python 3.14 and later
        text = parser.format_help()
        return [nodes.literal_block(text, text, language="none")]


def setup(app: Sphinx) -> None:
    app.add_directive("command-help", CommandHelp)
