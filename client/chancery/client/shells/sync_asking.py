# Made by `make shells` from async_asking.py: change that file.
"""Asking for visits, and following what becomes of them."""

from collections.abc import Iterator
from typing import Unpack

from chancery.client import questions, results
from chancery.client.answers import Comparison, Count, History, Visits
from chancery.client.event import Event
from chancery.client.following import Following, OnCut, OnResumed
from chancery.client.keywords import AsOf, Several, Then, Which
from chancery.client.parts import replayed
from chancery.client.proofs import ServerInfo
from chancery.client.shells.sync_base import Base
from chancery.client.shells.sync_follower import Follower
from chancery.client.visit import Visit
from chancery.client.words import ChangeWord, CountWord


class Asking(Base):
    """The methods that ask.

    ``visit`` is an id, an alias, or either with ``visits/`` in front. Those that take the keywords
    of :class:`Then` answer as of another moment; ``min_position`` is a position from any earlier
    answer: the new answer is at least as fresh, or :class:`ViewNotFresh` is raised. All raise
    ValueError for a time without a time zone.
    """

    def visit(self, visit: str, **then: Unpack[Then]) -> Visit:
        """A visit, now or as of another moment.

        :raises VisitNotFound: no visit has this id or alias.
        :raises VisitWithdrawn: it was withdrawn.
        :raises NotRecordedByThen, NotKnownByThen, NotInForceByThen: it was not there then.
        """
        return results.got(self.messages.get_visit(questions.get_visit(visit, **then)))

    def batch(self, visits: Several[str], **then: Unpack[Then]) -> Visits:
        """Up to 1000 visits, in the order asked; ``missing`` has the names that were not found."""
        return results.batch(self.messages.batch_get_visits(questions.batch(visits, **then)))

    def visits(
        self, query: str = "", *, order_by: str = "", limit: int = 0, **which: Unpack[Which]
    ) -> Visits:
        """The visits that meet all of what is given; see :class:`Which`.

        ``query`` are up to 10 words that all stand in the title, purpose, names, places or
        aliases, in full or as the beginning of a word. ``order_by`` is "name" (the default),
        "update_time", "last_heard_time", "window.start" or "held_window.start", with " desc"
        behind it in reverse; as of another moment, only by name. ``limit`` is how many are
        wanted; 0 is all.
        """
        request = questions.list_visits(query, order_by, **which)
        return results.listed(self.messages.all_visits(request, limit))

    def count(
        self, query: str = "", *, count_by: Several[CountWord] = (), **which: Unpack[Which]
    ) -> Count:
        """How many visits meet all of what is given, in all and by each of ``count_by``.

        Each count is exact up to 1000.
        """
        request = questions.count(query, count_by, **which)
        return results.count(self.messages.count_visits(request))

    def compare(
        self,
        visit: str,
        before: AsOf | None = None,
        after: AsOf | None = None,
        *,
        min_position: int = 0,
    ) -> Comparison:
        """The differences of a visit between two moments, and the changes that made them.

        None means now.

        :raises NotFound: the visit is there in neither.
        """
        request = questions.compare(visit, before, after, min_position)
        return results.comparison(self.messages.compare_visit(request))

    def history(
        self,
        visit: str = "",
        *,
        change_types: Several[ChangeWord] = (),
        backwards: bool = False,
        limit: int = 0,
        **then: Unpack[Then],
    ) -> History:
        """The changes of a visit, or of all, with what later ones did to them.

        Those that were retracted are among them, and say by which. ``backwards`` is the newest
        first. ``limit`` is how many are wanted; 0 is all. For a whole log, ``events`` is faster
        and keeps nothing.
        """
        request = questions.list_events(visit, change_types, backwards, **then)
        return results.listed_events(self.messages.all_events(request, limit))

    def events(
        self,
        visit: str = "",
        *,
        after: int = 0,
        limit: int = 0,
        backwards: bool = False,
        change_types: Several[ChangeWord] = (),
        log_origin: str = "",
        min_position: int = 0,
    ) -> Iterator[Event]:
        """The changes of a visit, or of all, up to the end of the log at the time of the call.

        ``after`` is the position to start after; ``backwards``, below it, where 0 is the end.
        ``log_origin`` names the log that the position belongs to; any if empty. If the stream is
        cut off, it goes on after the last change. The deadline is that of each stream.

        :raises PositionBeyondHead: the position lies beyond the end of the log.
        :raises LogReplaced: this is another log.
        """
        request = questions.read_events(
            visit,
            change_types,
            after_position=after,
            limit=limit,
            backwards=backwards,
            log_origin=log_origin,
            min_position=min_position,
        )
        for each in self._driver.given(replayed(request, self.timeout)):
            yield results.event(each)

    def follow(
        self,
        visit: str = "",
        *,
        after: int | None = 0,
        log_origin: str = "",
        change_types: Several[ChangeWord] = (),
        on_cut: OnCut | None = None,
        on_resumed: OnResumed | None = None,
    ) -> Follower[Event]:
        """The changes after a position, and then each new one, over cuts and restarts.

        ``visit`` is the visit to follow, which need not be recorded yet; all if empty. ``after``
        is a position from any earlier answer; 0 is the beginning of the log, None its end.
        ``log_origin`` names the log that the position belongs to; any if empty. ``change_types``
        selects types of changes; none means all.

        ``on_cut`` is called whenever the stream ends or cannot be opened, with the error, or with
        None if the server ended it in an orderly way; ``on_resumed`` at the first frame after.
        """
        request = questions.watch_events(visit, after, log_origin, change_types)
        following = Following(request, on_cut, on_resumed)
        return Follower(following, self._transport, results.event)

    def info(self) -> ServerInfo:
        """The server's version, database, log and limits."""
        return results.plain(ServerInfo, self.messages.get_server_info())
