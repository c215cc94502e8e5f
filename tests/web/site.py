"""The settings of a project with an admin, and what the tests of its pages share."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
SETTINGS: dict[str, Any] = {
    # Said, so that Django's modules hear of it: a test with another user model, in a project where
    # this one is not installed, leaves them with that one.
    "AUTH_USER_MODEL": "auth.User",
    "ROOT_URLCONF": "tests.web.urls",
    "STATIC_URL": "/static/",
    # No table of sessions is needed.
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "MIDDLEWARE": [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
}
ROOT = "/admin/migrations/"


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def links(self, start: str = "") -> list[str]:
        found = [attributes["href"] for tag, attributes in self.tags if tag == "a"]
        return [link for link in found if link.startswith(start)]


def content(text: str) -> str:
    """What is the pages' own, without the admin's frame."""
    found = re.search(r'<div id="content-main" class="migration-tools".*</main>', text, re.DOTALL)
    assert found is not None
    return found[0]


def plain(text: str) -> str:
    return html.unescape(text)
