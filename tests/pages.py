"""What a page of HTML is made of, for tests that ask what has become of a text in it."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """``tags`` in their order; ``text``: all there is between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
