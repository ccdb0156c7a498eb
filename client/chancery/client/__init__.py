"""The Python client: calls with deadlines and safe retries, and a follower of the log.

Start with :class:`Connection`. Requests and answers are the messages of ``chancery.v1``.
"""

from chancery.client.connection import Connection
from chancery.client.follower import Follower

__all__ = ["Connection", "Follower"]
