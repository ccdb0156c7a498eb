"""Visits and changes as files: calendars, feeds, sheets, JSON and bundles."""

from starlette.routing import Route

from service.web.feeds import bundles, changes, visits
from service.web.feeds.plainly import plainly

# They come before the pages: ``/visits/{id}`` would take ``/visits/{id}.ics`` as well.
ROUTES = tuple(
    Route(path, plainly(handler), methods=["GET"])
    for path, handler in (
        *((f"/visits.{each.ending}", visits.several(each)) for each in visits.LISTS),
        *((f"/visits/{{id}}.{each.ending}", visits.one(each)) for each in visits.SINGLE),
        ("/changes.atom", changes.atom),
        ("/changes.csv", changes.sheet),
        ("/log.bundle", bundles.of_log),
        ("/visits/{id}.bundle", bundles.of_visit),
    )
)
