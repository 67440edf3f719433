"""Rows that cannot be tried from outside, with the tests that try them."""

from ..verdict import elsewhere

elsewhere("T32", "wrong clocks of browser and phone: no message carries their time", "protocol/src/time.rs")
