"""Writes docs/api.md and docs/errors.md from the contract and its comments (`make docs`)."""
