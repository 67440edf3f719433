"""Rows that cannot be tried from outside, with the tests that try them."""

from ..verdict import elsewhere

elsewhere("A19", "a provisional account squats an ID number", "web-demo/tests/it/takeover.rs")
elsewhere("T32", "wrong clocks of browser and phone: no message carries their time", "protocol/src/time.rs")
