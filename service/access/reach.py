"""Which addresses a server may listen on: others reach it only if that is safe, or asked for."""

from collections.abc import Callable

from service.config import Settings
from service.link.port import is_loopback
from service.store.errors import StartupRefused


def check_reach(address: str, insecure: bool, *, is_encrypted: bool, knows_callers: bool) -> str:
    """What is to be warned of, as to who can reach HOST:PORT; empty if nothing is.

    Everything that a server opens goes through this. ``insecure`` is the setting by which an
    operator allows what is warned of.

    :raises StartupRefused: other machines can, which is not safe, and was not allowed; or the host
        is not known.
    """
    if _is_own(address) or (is_encrypted and knows_callers):
        return ""
    lacks = [] if knows_callers else ["callers are not known"]
    lacks += [] if is_encrypted else ["what is sent is not encrypted"]
    warning = f"other machines reach {address}: {', and '.join(lacks)}"
    if not insecure:
        raise StartupRefused(
            f"{warning}. Listen on 127.0.0.1, protect it (docs/access.md), or allow it by "
            "--insecure"
        )
    return warning


def knows_callers(settings: Settings) -> bool:
    """Whether a server with these settings knows its callers."""
    return bool(settings.token_file or settings.jwks or settings.listen_mtls)


def warning_of(settings: Settings) -> str:
    """The same as to all addresses. ``--listen-mtls`` is always safe."""
    warnings = [
        check_reach(
            settings.listen,
            settings.insecure,
            is_encrypted=bool(settings.tls_cert),
            knows_callers=knows_callers(settings),
        )
    ]
    if address := settings.metrics_listen:
        insecure = settings.insecure
        warnings.append(check_reach(address, insecure, is_encrypted=False, knows_callers=False))
    if settings.web:
        warnings.append(board_warning(settings, lambda: knows_callers(settings)))
    return "; ".join(filter(None, warnings))


def board_warning(settings: Settings, knows_callers: Callable[[], bool]) -> str:
    """The same as to the board's address. ``knows_callers`` is asked if other machines reach it.

    :raises StartupRefused: also if they do, and the board has not been told by which name.
    """
    address = settings.web
    is_own = _is_own(address)
    warning = check_reach(
        address,
        settings.insecure,
        is_encrypted=bool(settings.tls_cert),
        knows_callers=is_own or knows_callers(),
    )
    if not is_own and not settings.web_public:
        raise StartupRefused(
            f"--web {address} needs --web-public: the address by which people reach the board, "
            "as in https://board.example. It answers under no other name"
        )
    return warning


def _is_own(address: str) -> bool:
    """Whether only this machine reaches HOST:PORT.

    :raises StartupRefused: the host is not known.
    """
    try:
        return is_loopback(address)
    except OSError as error:
        raise StartupRefused(f"cannot listen on {address}") from error
