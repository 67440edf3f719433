"""The table, and what docs/security.md names as knowingly open."""

import re

from .stage.process import TREE
from .verdict import Result

WIDTH = 112


def knowingly_open() -> set[str]:
    """Returns the rows of docs/security.md that say `*open*`, with the reason beside it."""
    text = (TREE / "docs" / "security.md").read_text()
    return {row[1] for row in re.finditer(r"^\| ([AT]\d+) \|.*\*open\*", text, re.MULTILINE | re.IGNORECASE)}


def order(result: Result) -> tuple[str, int]:
    digits = result.number[1:]
    return (result.number[0], int(digits)) if digits.isdigit() else ("Z", 0)


def table(results: list[Result]) -> str:
    """Returns one line for each row, in the order of their numbers."""
    lines = []
    for result in sorted(results, key=order):
        head = f"{result.number:<4} {result.verdict:<9} {result.tried}"
        lines.append(
            f"{head}\n{'':14} {result.figure}" if len(head) + len(result.figure) > WIDTH else f"{head}: {result.figure}"
        )
    return "\n".join(lines)
