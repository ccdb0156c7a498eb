"""The contract over HTTP: Connect, gRPC-Web, plain JSON, its description, and the log in tiles.

It is generic: what a method takes and answers is read from its descriptor, and the bytes of
messages are passed on as they are where the caller speaks protobuf.
"""

from service.web.gateway import contract, documents, tiles

ROUTES = (*contract.ROUTES, *documents.ROUTES, *tiles.ROUTES)
