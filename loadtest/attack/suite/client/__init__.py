"""Browser, phone and relying party, written from docs/protocol.md alone."""
