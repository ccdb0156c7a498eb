"""The addresses of the gateway: the contract, its description, and the log in tiles."""

from starlette.routing import BaseRoute

from service.web.gateway import contract, documents, tiles

ROUTES: list[BaseRoute] = [*contract.ROUTES, *documents.ROUTES, *tiles.ROUTES]
