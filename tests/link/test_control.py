"""The line between the supervisor and a process."""

from service.link.control import ALIVE, Control


def test_what_a_process_says_before_it_ends_is_heard() -> None:
    """Also if it has not read what it was told: the kernel then reports a broken line first."""
    ours, theirs = Control.pair()
    ours.send("link")
    theirs.send({"failed": "the file is damaged"})
    theirs.close()
    assert ours.receive() == ({"failed": "the file is damaged"}, None)
    assert ours.receive() == (None, None)
    ours.close()


def test_whoever_reads_the_line_answers_that_it_is_alive() -> None:
    """The question itself is received as well, so that nobody takes it for the end."""
    ours, theirs = Control.pair()
    ours.send(ALIVE)
    assert theirs.receive() == (ALIVE, None)
    assert ours.receive() == ({"done": ALIVE}, None)
    for each in (ours, theirs):
        each.close()
