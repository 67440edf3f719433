"""A client that knows only docs/protocol.md, docs/openapi.json and the README, and means no good."""
