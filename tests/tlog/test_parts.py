"""The parts of a change are committed to one by one, and what is withheld cannot be guessed."""

from dataclasses import astuple
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tlog.parts import (
    HEADER,
    PARTS,
    RESTRICTED,
    Part,
    commitment,
    joined_commitment,
    opened,
    part_commitment,
    part_key,
)
from tests.tlog.bundles import ENTRIES

NONCES = st.binary(min_size=32, max_size=32)
BODIES = st.tuples(*[st.binary(max_size=200)] * PARTS)


@given(NONCES, BODIES)
def test_a_commitment_is_made_as_it_is_described(
    nonce: bytes, body: tuple[bytes, bytes, bytes]
) -> None:
    """Of each part the key, then its commitment, and of those the one of the leaf."""
    keys = [sha256(b"\x10" + nonce + bytes([number])).digest() for number in range(PARTS)]
    of_parts = [sha256(b"\x11" + key + part).digest() for key, part in zip(keys, body, strict=True)]
    whole = sha256(b"\x12" + b"".join(of_parts)).digest()

    parts = opened(nonce, body)

    assert [part.key for part in parts] == keys
    assert [part.commitment for part in parts] == of_parts
    assert [part.content for part in parts] == list(body)
    assert joined_commitment(of_parts) == commitment(nonce, *body) == whole


@pytest.mark.parametrize("number", range(PARTS))
def test_a_part_that_is_withheld_leaves_the_commitment_as_it_was(number: int) -> None:
    """And nothing of its bytes or of its key."""
    parts = list(ENTRIES[0].parts)
    before = joined_commitment([part.commitment for part in parts])
    content, key = parts[number].content, parts[number].key
    parts[number] = parts[number].withheld()

    assert joined_commitment([part.commitment for part in parts]) == before
    left = [value for part in parts for value in astuple(part)]
    assert content not in left
    assert key not in left


def test_no_key_of_another_part_opens_one_that_is_withheld() -> None:
    """Whoever guesses the right bytes cannot tell: the key is that of the nonce alone."""
    entry = ENTRIES[0].without_restricted()
    guess, withheld = ENTRIES[0].parts[RESTRICTED].content, entry.parts[RESTRICTED]
    assert guess is not None
    known = [value for part in entry.parts for value in (part.key, part.commitment, part.content)]
    known += [entry.leaf_hash, b"", bytes(32)]
    derived = [part_key(value, number) for value in known if value for number in range(PARTS)]
    for key in (*known, *derived):
        assert part_commitment(key or b"", guess) != withheld.commitment
    nonce = bytes([1]) * 32
    assert part_commitment(part_key(nonce, RESTRICTED), guess) == withheld.commitment


def test_bytes_that_move_from_one_part_to_the_next_give_another_commitment() -> None:
    assert commitment(bytes(32), b"ab", b"c", b"") != commitment(bytes(32), b"a", b"bc", b"")
    assert commitment(bytes(32), b"", b"", b"a") != commitment(bytes(32), b"a", b"", b"")


def test_the_same_bytes_have_another_commitment_in_each_part_and_under_each_nonce() -> None:
    parts = [*opened(bytes(32), [b"same"] * PARTS), *opened(b"\x01" * 32, [b"same"] * PARTS)]
    assert len({part.commitment for part in parts}) == 2 * PARTS
    assert parts[HEADER] == Part.given(part_key(bytes(32), HEADER), b"same")
