"""The command line: thin commands on the Python client.

``app`` lists the commands and ``commands/`` has one function for each. ``options/`` says what can
be typed, ``notation/`` how a value is written, ``draw/`` what a person sees, and ``terminal/`` how
it gets there.
"""

from service.cli.app import main

__all__ = ["main"]
