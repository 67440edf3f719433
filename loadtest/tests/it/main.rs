//! The load tester's binary, against real gateways.

mod runs;
