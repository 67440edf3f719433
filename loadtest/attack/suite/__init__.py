"""Attacks by a client that knows only docs/protocol.md, docs/openapi.json and the README."""
