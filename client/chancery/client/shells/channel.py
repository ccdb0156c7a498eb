"""How a channel is made, and how a call says who makes it."""

OPTIONS = [
    # A proxy set for web pages does not lead to a server on this machine or network.
    ("grpc.enable_http_proxy", 0),
    # Reconnect soon after a server comes back, and notice one that vanished without a word.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 5000),  # also bounds one attempt to connect
    ("grpc.max_reconnect_backoff_ms", 3000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
]


def metadata_of(actor: str, token: str) -> tuple[tuple[str, str | bytes], ...]:
    """What a call sends along of who makes it: the token and the name, if there are any.

    Header lines hold ASCII, and may lose blanks at their ends.

    :raises ValueError: the name has no form in UTF-8, or the token is none.
    """
    metadata: list[tuple[str, str | bytes]] = []
    if actor.isascii() and actor.isprintable() and actor == actor.strip():
        metadata += [("chancery-actor", actor)] if actor else []
    else:
        metadata.append(("chancery-actor-bin", actor.encode()))
    if token:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ValueError("a token has ASCII characters alone, and no blanks")
        metadata.append(("authorization", f"Bearer {token}"))
    return tuple(metadata)
