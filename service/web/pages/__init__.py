"""The board's pages: each asks the server, and draws a template from its answers."""

from starlette.routing import Route

from service.web.pages import compare, visit

ROUTES = (
    Route("/visits/{id}", visit.show),
    Route("/visits/{id}/compare", compare.show),
)
