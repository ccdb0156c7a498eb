"""Which process of a server does what."""

from collections.abc import Sequence
from typing import NamedTuple

import psutil


class Pids(NamedTuple):
    """The processes that a supervisor has started, by what they do."""

    core: int
    edges: Sequence[int]


def pids_of(supervisor: int, port: int, edges: int) -> Pids | None:
    """The core is the one that listens on no port; None while not all edges do on this one."""
    ports = {each.pid: ports_of(each.pid) for each in psutil.Process(supervisor).children()}
    listening = [pid for pid, those in ports.items() if port in those]
    others = [pid for pid, those in ports.items() if not those]
    if len(listening) == edges and len(others) == 1:
        return Pids(others[0], listening)
    return None


def ports_of(pid: int) -> list[int]:
    """The ports that a process listens on; none if it has ended."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return []
    return [each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN]
