"""What reports in Markdown share: escaping, and an end where a comment would be too long."""

from __future__ import annotations

#: A comment on GitHub takes 65,536 characters; what is cut off is said.
MOST_CHARACTERS = 60_000


def escaped(text: str) -> str:
    """As text, whatever it holds: names of migrations come from file names."""
    for character in "\\`*_{}[]<>#|~":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def code(text: str) -> str:
    """Between backticks that the text does not hold itself; safe inside a table."""
    fence = "`"
    while fence in text:
        fence += "`"
    blank = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{blank}{' '.join(text.split())}{blank}{fence}".replace("|", "\\|")


def fenced(text: str, language: str = "") -> str:
    """A block of code, in a fence that the text does not hold itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def folded(summary: str, body: str) -> str:
    """``summary`` and ``body`` are Markdown already."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def cut(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    kept = text[:MOST_CHARACTERS].rpartition("\n")[0]
    if kept.count("\n```") % 2:
        kept += "\n```"
    open_parts = kept.count("<details>") - kept.count("</details>")
    return f"{kept}\n{'</details>' * open_parts}\n\n_Cut here: the whole report is too long._"
