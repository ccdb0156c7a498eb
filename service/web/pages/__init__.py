"""The board's pages: each asks the server, and draws a template from its answers."""

from starlette.routing import Route

from service.web.pages import calendar, changes, compare, home, visit, visits

ROUTES = (
    *home.ROUTES,
    *visits.ROUTES,
    *calendar.ROUTES,
    *changes.ROUTES,
    Route("/visits/{id}", visit.show),
    Route("/visits/{id}/compare", compare.show),
)
