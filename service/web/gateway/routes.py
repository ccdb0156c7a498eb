"""The addresses of the gateway: the methods of the contract, and the log in tiles."""

from starlette.routing import BaseRoute

from service.web.gateway import contract, tiles

ROUTES: list[BaseRoute] = [*contract.ROUTES, *tiles.ROUTES]
