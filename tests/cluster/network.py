"""The machines of the cluster: network namespaces of this one, with an address each, on a bridge.

Only this machine reaches them, and they reach nobody else. What is cut, slowed or lost is so in the
namespace of the node that it happens to. (A kernel without ``netem`` slows by ``tbf`` and loses by
nftables: these are what is used.)
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

BRIDGE = "chancery0"
CLIENTS = "10.77.0.1"
NETWORK = "10.77.0.0/24"


def run(*command: str, given: str = "") -> str:
    """Run a program of the system to its end, and return what it said.

    :raises RuntimeError: it failed.
    """
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


@dataclass(frozen=True)
class Node:
    """A machine: its name, which is that of its namespace without a prefix, and its address."""

    name: str
    address: str

    @property
    def namespace(self) -> str:
        """The name of its network namespace."""
        return f"chancery-{self.name}"

    @property
    def within(self) -> list[str]:
        """What a command begins with that runs on this machine."""
        return ["ip", "netns", "exec", self.namespace]

    def create(self) -> None:
        """Make the namespace, and connect it to the bridge."""
        run("ip", "netns", "add", self.namespace)
        peer = ["peer", "eth0", "netns", self.namespace]
        run("ip", "link", "add", self._link, "type", "veth", *peer)
        run("ip", "link", "set", self._link, "master", BRIDGE, "up")
        run(*self.within, "ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            run(*self.within, "ip", "link", "set", device, "up")

    def cut(
        self, *peers: str, incoming: bool = True, outgoing: bool = True, percent: int = 100
    ) -> None:
        """Drop what comes from these addresses, what goes to them, or both; or a part of it."""
        some = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        addresses = ", ".join(peers)
        rules = "".join(
            f"chain {hook} {{ type filter hook {hook} priority 0;"
            f" ip {end} {{ {addresses} }} {some}counter drop; }}\n"
            for hook, end, wanted in (("input", "saddr", incoming), ("output", "daddr", outgoing))
            if wanted
        )
        run(*self.within, "nft", "-f", "-", given=f"table inet cut {{\n{rules}}}\n")

    @property
    def dropped(self) -> int:
        """How many packets were dropped since the last cut."""
        found = json.loads(run(*self.within, "nft", "-j", "list", "ruleset"))["nftables"]
        expressions = [part for each in found for part in each.get("rule", {}).get("expr", ())]
        return sum(part["counter"]["packets"] for part in expressions if "counter" in part)

    def slow(self, rate: str) -> None:
        """Let so much through in a second, such as 256kbit, each way."""
        shape = ["root", "tbf", "rate", rate, "burst", "4kb", "latency", "1s"]
        for end, device in self._ends:
            run(*end, "tc", "qdisc", "replace", "dev", device, *shape)

    @property
    def delayed(self) -> int:
        """How often a packet had to wait since the link was slowed."""
        shown = [
            json.loads(run(*end, "tc", "-s", "-j", "qdisc", "show", "dev", device))[0]
            for end, device in self._ends
        ]
        return sum(each.get("overlimits", 0) for each in shown)

    def heal(self) -> None:
        """Let everything pass again, at full speed."""
        run(*self.within, "nft", "flush", "ruleset")
        for end, device in self._ends:
            if "tbf" in run(*end, "tc", "qdisc", "show", "dev", device):
                run(*end, "tc", "qdisc", "del", "dev", device, "root")

    @property
    def _link(self) -> str:
        """The bridge's end of its link."""
        return f"ch-{self.name}"

    @property
    def _ends(self) -> list[tuple[list[str], str]]:
        """Both ends of its link: what a command begins with there, and the device."""
        return [(self.within, "eth0"), ([], self._link)]


def nodes(prefix: str, first: int, number: int) -> list[Node]:
    """So many nodes, numbered from 1, with addresses from the first on."""
    return [Node(f"{prefix}{i + 1}", f"10.77.0.{first + i}") for i in range(number)]


def create(those: Sequence[Node]) -> None:
    """Make the bridge, with the address of the clients, and the nodes."""
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "address", "add", f"{CLIENTS}/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    for node in those:
        node.create()


def remove(those: Sequence[Node]) -> None:
    """Remove what is there of all that."""
    there = run("ip", "netns", "list").split()
    for node in those:
        if node.namespace in there:
            run("ip", "netns", "del", node.namespace)
    if BRIDGE in run("ip", "-br", "link", "show", "type", "bridge").split():
        run("ip", "link", "del", BRIDGE)
