"""Writes mobile-ranges.txt: the seven-digit prefixes of mobile numbers that are known to be given out outside Heilongjiang.

    python3 -m venv /tmp/ranges && /tmp/ranges/bin/pip install phonenumbers==9.0.43
    /tmp/ranges/bin/python web-demo/data/mobile-ranges.py

The source is the geocoding data of Google's libphonenumber, as the Python package phonenumbers carries it
(Apache License 2.0). Prefixes that it does not know are left out, such as newer ones: the hall accepts them.
"""

import textwrap
from pathlib import Path

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA

CHINA = "86"
PROVINCE = "Heilongjiang"
FIRST_MOBILE, LAST_MOBILE = 1_300_000, 1_999_999
HEADER = f"""\
# Mobile numbers of all provinces but Heilongjiang by their first seven digits: ranges, both ends included.
# Written on 2026-11-30 by mobile-ranges.py from the geocoding data of libphonenumber (phonenumbers {phonenumbers.__version__}).
# Copyright (C) The Libphonenumber Authors, licensed under the Apache License, Version 2.0.
"""


def place_of(prefix: str) -> str:
    """The place of the longest entry that the prefix begins with, or nothing."""
    for length in range(len(prefix), len(CHINA), -1):
        entry = GEOCODE_DATA.get(prefix[:length])
        if entry is not None:
            return entry.get("en", "")
    return ""


def is_elsewhere(number: int) -> bool:
    place = place_of(f"{CHINA}{number}")
    return place != "" and not place.endswith(PROVINCE)


def ranges() -> list[str]:
    found: list[list[int]] = []
    for number in filter(is_elsewhere, range(FIRST_MOBILE, LAST_MOBILE + 1)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(low) if low == high else f"{low}-{high}" for low, high in found]


text = textwrap.fill(" ".join(ranges()), width=120, break_on_hyphens=False)
Path(__file__).with_name("mobile-ranges.txt").write_text(HEADER + text + "\n")
