"""Writes docs/api.md, errors.md and client.md from the contract and the client (`make docs`)."""
