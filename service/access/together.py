"""The settings that are of no use without others."""

from service.config import Settings
from service.store.errors import StartupRefused

NEEDS = (
    ("tls_cert", "tls_key"),
    ("tls_key", "tls_cert"),
    ("listen_mtls", "tls_cert"),
    ("listen_mtls", "client_ca"),
    ("listen_mtls", "certificate_roles"),
    ("client_ca", "listen_mtls"),
    ("certificate_roles", "listen_mtls"),
    ("jwks", "jwt_issuer"),
    ("jwks", "jwt_audience"),
    ("jwt_issuer", "jwks"),
    ("jwt_audience", "jwks"),
    ("web_public", "web"),
    ("web_cors", "web"),
    ("web_key", "web"),
    ("web_proxy", "web"),
)


def check_together(settings: Settings) -> None:
    """Check that no setting is there without those that it needs.

    :raises StartupRefused: one is.
    """
    for given, needed in NEEDS:
        if getattr(settings, given) and not getattr(settings, needed):
            option, other = (f"--{name.replace('_', '-')}" for name in (given, needed))
            raise StartupRefused(f"{option} needs {other}")
