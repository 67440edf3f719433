"""Rows, and the verdict on each."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

# Rows of docs/security.md; API stands for docs/openapi.json.
ROW = re.compile(r"[AT]\d+|API")


class Failed(Exception):
    """An attack went through. Its text is the figure that shows it."""


class Gap(Exception):
    """A defence that docs/security.md names as missing is missing."""


def expect(holds: bool, figure: str) -> None:
    """Ends the row as open unless the condition holds."""
    if not holds:
        raise Failed(figure)


@dataclass(frozen=True)
class Row:
    """An attack, and the rows of the threat table that it tries."""

    numbers: tuple[str, ...]
    tried: str
    attack: Callable[..., Awaitable[str]]
    # Runs while no other row does, because it counts commands or fills what all share.
    alone: bool = False
    # Mostly waits. The short form leaves it out.
    patient: bool = False
    # Runs after all others.
    last: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """A row that cannot be tried from outside, and the test that tries it."""

    number: str
    reason: str
    test: str


@dataclass
class Result:
    """A line of the table."""

    number: str
    tried: str
    verdict: str
    figure: str
    seconds: float = 0.0


@dataclass
class Registry:
    rows: list[Row] = field(default_factory=list)
    elsewhere: list[Elsewhere] = field(default_factory=list)


REGISTRY = Registry()


def row(tried: str, *, alone: bool = False, patient: bool = False, last: bool = False):
    """Registers a function as an attack. Its name begins with its rows, as in `a3_t41_one_person_for_all`."""

    def register(attack: Callable[..., Awaitable[str]]):
        numbers = []
        for part in attack.__name__.split("_"):
            if not ROW.fullmatch(part.upper()):
                break
            numbers.append(part.upper())
        assert numbers, f"{attack.__name__} does not begin with a row"
        REGISTRY.rows.append(Row(tuple(numbers), tried, attack, alone, patient, last))
        return attack

    return register


def elsewhere(number: str, reason: str, test: str) -> None:
    """Names the test of a row that cannot be tried from outside."""
    REGISTRY.elsewhere.append(Elsewhere(number, reason, test))
