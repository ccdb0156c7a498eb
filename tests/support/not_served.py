"""What the contract has and the server does not serve yet: it is refused by its name."""

NOT_SERVED: frozenset[str] = frozenset()
