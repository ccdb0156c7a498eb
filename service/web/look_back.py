"""Another moment than now, as the address of a page says it."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from chancery.client.keywords import Then
from chancery.client.times import asked

# The parameters of an address, and the keyword of the client that each stands for.
TIMES = {"known": "known_at", "valid": "valid_at", "recorded": "recorded_at"}


@dataclass(frozen=True)
class LookBack:
    """The moment that a page is about; false if that is now.

    ``given`` has what the address says, by parameter: a day, month or year, which is meant to its
    end in UTC, or an instant. ``errors`` says by parameter what is wrong with those that are not
    in ``given``.
    """

    given: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryParams) -> "LookBack":
        """The moment that an address says."""
        look = cls()
        for name in TIMES:
            if said := query.get(name, "").strip():
                try:
                    asked(said)
                except ValueError:
                    look.errors[name] = (
                        f"“{said[:40]}” is no day. Write it as 2023-02-03, 2023-02 or 2023."
                    )
                else:
                    look.given[name] = said
        return look

    def __bool__(self) -> bool:
        return bool(self.given)

    @property
    def then(self) -> Then:
        """The same as keywords of the client."""
        keywords: Then = {}
        for name, said in self.given.items():
            keywords[TIMES[name]] = said  # type: ignore[literal-required]
        return keywords

    def query(self, **more: object) -> str:
        """What an address has to end with to be about this moment: ``?known=2023-02-03``.

        ``more`` are other parameters; those that are None or empty are left out.
        """
        said = {**self.given, **more}
        pairs = [(name, value) for name, value in said.items() if value not in (None, "")]
        return "?" + urlencode(pairs, doseq=True) if pairs else ""
