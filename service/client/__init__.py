"""A client in Python: calls with deadlines and safe retries, and the log, followed.

It needs a server's address and no more of this package than the contract.
"""

from service.client.connection import Connection
from service.client.follower import Follower

__all__ = ["Connection", "Follower"]
