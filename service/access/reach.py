"""Which addresses a server may listen on: others reach it only if that is safe, or asked for."""

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
    try:
        is_own = is_loopback(address)
    except OSError as error:
        raise StartupRefused(f"cannot listen on {address}") from error
    if is_own or (is_encrypted and knows_callers):
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
    """The same as to the address of ``--listen``. ``--listen-mtls`` is always safe."""
    return check_reach(
        settings.listen,
        settings.insecure,
        is_encrypted=bool(settings.tls_cert),
        knows_callers=knows_callers(settings),
    )
