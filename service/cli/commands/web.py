"""``chancery web``: the status board of a server that runs elsewhere."""

import inspect
from collections.abc import Callable
from typing import Any

from service.cli.options.client import ClientOptions
from service.cli.options.settings import refuse_unknown_variables, setting_options, settings
from service.cli.terminal import output

# Of the options of a client, those that say which server it is. Who calls is whoever looks.
_SERVER = ("target", "ca")
_SETTINGS = (
    *("web", "web_public", "web_cors", "web_key", "web_proxy"),
    *("tls_cert", "tls_key", "insecure", "log_format"),
)


def _with_server(command: Callable[..., None]) -> Callable[..., None]:
    options = inspect.signature(ClientOptions).parameters
    chosen = [options[name].replace(kind=inspect.Parameter.KEYWORD_ONLY) for name in _SERVER]
    own = inspect.signature(command).parameters.values()
    command.__signature__ = inspect.Signature([*chosen, *own])  # type: ignore[attr-defined]
    return command


@setting_options(*_SETTINGS)
@_with_server
def web(**given: Any) -> None:
    """Show the status board of a server, until SIGTERM.

    Whoever looks at it asks the server with credentials of their own: the board has none. To show
    it beside a server on this machine, 'chancery serve --web HOST:PORT' takes one command less.
    """
    import service.main as main
    import service.web_process as process

    refuse_unknown_variables(given["context"])
    server = {name: given.pop(name) for name in _SERVER}
    with output.exit_on(main.StartupError):
        process.run_alone(settings(given), **server)
