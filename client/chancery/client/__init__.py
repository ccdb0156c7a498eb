"""A client in Python: calls with deadlines and safe retries, and the log, followed.

It needs a server's address and no more of this package than the contract.
"""

from chancery.client.connection import Connection
from chancery.client.follower import Follower

__all__ = ["Connection", "Follower"]
