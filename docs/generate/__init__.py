"""Writes docs/api.md, errors.md, client.md and openapi.json from the contract and the client."""
