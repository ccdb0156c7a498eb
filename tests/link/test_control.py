"""The line between the supervisor and a process."""

from service.link.control import Control


def test_what_a_process_says_before_it_ends_is_heard() -> None:
    """Also if it has not read what it was told: the kernel then reports a broken line first."""
    ours, theirs = Control.pair()
    ours.send("link")
    theirs.send({"failed": "the file is damaged"})
    theirs.close()
    assert ours.receive() == ({"failed": "the file is damaged"}, None)
    assert ours.receive() == (None, None)
    ours.close()
