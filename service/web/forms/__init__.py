"""The forms of the desk: one for every change, made from the contract, and signing in."""

from starlette.routing import BaseRoute, Route

from service.web.forms import pages, sign_in
from service.web.forms.forms import FORMS

ROUTES: tuple[BaseRoute, ...] = (
    Route("/sign-in", sign_in.show, methods=["GET"]),
    Route("/sign-in", sign_in.send, methods=["POST"]),
    Route("/sign-out", sign_in.out, methods=["POST"]),
    Route("/visits/new", pages.show, methods=["GET"]),
    Route("/visits/new", pages.send, methods=["POST"]),
    *(Route(f"/visits/{{id}}/{action}", pages.show, methods=["GET"]) for action in FORMS),
    *(Route(f"/visits/{{id}}/{action}", pages.send, methods=["POST"]) for action in FORMS),
)
