"""The command line: thin commands; a gRPC client like any other.

Read ``app`` for what there is, ``record``, ``ask``, ``replay``, ``changes``, ``audit`` and
``verify`` for what each command does, ``options`` for what can be typed, and ``draw`` for what
is shown.
"""

from service.cli.app import main

__all__ = ["main"]
