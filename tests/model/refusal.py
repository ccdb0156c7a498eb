"""How the model says no."""


class Refused(Exception):
    """A change that is not accepted: the code, and the reason in words.

    `decide` gives it back as its answer; inside the model it is raised.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")
        self.code = code
        self.words = words


def invalid(words: str) -> Refused:
    """What no visit would allow."""
    return Refused("INVALID_ARGUMENT", words)


def not_now(words: str) -> Refused:
    """What this visit does not allow, because of what it is."""
    return Refused("FAILED_PRECONDITION", words)


def unknown(words: str) -> Refused:
    """An unknown or withdrawn visit."""
    return Refused("NOT_FOUND", words)
