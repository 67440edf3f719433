"""Writes mobile-ranges.txt: the seven-digit prefixes of mobile numbers that are given out in Heilongjiang.

    python3 -m venv /tmp/ranges && /tmp/ranges/bin/pip install phonenumbers==9.0.43
    /tmp/ranges/bin/python web-demo/data/mobile-ranges.py

The source is the geocoding data of Google's libphonenumber, as the Python package phonenumbers carries it
(Apache License 2.0).
"""

import textwrap
from pathlib import Path

import phonenumbers
from phonenumbers.geodata import GEOCODE_DATA

CHINA_MOBILE = "861"
PROVINCE = "Heilongjiang"
PREFIX_DIGITS = 7
HEADER = f"""\
# Mobile numbers of Heilongjiang by their first seven digits: ranges, both ends included.
# Written by mobile-ranges.py from the geocoding data of libphonenumber (phonenumbers {phonenumbers.__version__}).
# Copyright (C) The Libphonenumber Authors, licensed under the Apache License, Version 2.0.
"""


def province_of(prefix: str) -> str:
    """The place of the longest entry that the prefix begins with."""
    for length in range(len(prefix), len(CHINA_MOBILE), -1):
        entry = GEOCODE_DATA.get(prefix[:length])
        if entry is not None:
            return entry.get("en", "")
    return ""


def ranges() -> list[str]:
    first = int("1" + "0" * (PREFIX_DIGITS - 1))
    known = [n for n in range(first, 2 * first) if province_of(f"86{n}").endswith(PROVINCE)]
    found: list[list[int]] = []
    for number in known:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(low) if low == high else f"{low}-{high}" for low, high in found]


text = textwrap.fill(" ".join(ranges()), width=120, break_on_hyphens=False)
Path(__file__).with_name("mobile-ranges.txt").write_text(HEADER + text + "\n")
