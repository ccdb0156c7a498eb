"""What a server of HTTP shows to its clients: the certificate of the server, as it is now."""

import os
import ssl

from service.access.tls import Identity, Tls


class Https:
    """A context for encrypted connections. Each new one gets the identity as it is then."""

    def __init__(self, tls: Tls) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._tls = tls
        self._shown = tls.identity
        _load(self.context, self._shown)

    def refresh(self) -> None:
        """Read the files of the identity if they have changed."""
        self._tls.refresh()
        if self._tls.identity is not self._shown:
            self._shown = self._tls.identity
            _load(self.context, self._shown)


def _load(context: ssl.SSLContext, identity: Identity) -> None:
    """Let a context show an identity, which was found to fit.

    The library reads files alone. The key is in none but its own: one in memory has both.
    """
    with open(os.memfd_create("identity"), "wb") as file:
        file.write(identity.chain + b"\n" + identity.key)
        file.flush()
        context.load_cert_chain(f"/proc/self/fd/{file.fileno()}")
