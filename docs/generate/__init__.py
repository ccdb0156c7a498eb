"""Writes the references of docs/ and openapi.json from the contract, the client and the service."""
