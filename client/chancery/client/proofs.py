"""What an auditor keeps, and what the server says of itself."""

from dataclasses import dataclass, field

from chancery.client.value import Value
from chancery.client.words import RoleWord
from chancery.v1 import audit_service_pb2 as audit
from chancery.v1 import info_service_pb2 as info


@dataclass(frozen=True, repr=False)
class Checkpoint(Value):
    """The latest signed checkpoint: a few lines that commit to the whole log so far."""

    checkpoint: str
    """A C2SP signed note, whose text is a C2SP tlog-checkpoint: origin, size, root."""
    consistency_proof: tuple[bytes, ...] = ()
    """The RFC 6962 proof of consistency from the earlier size: hashes of 32 bytes."""
    view_position: int = 0
    """The size of the checkpoint, which is the log position that it reflects."""
    message: audit.GetCheckpointResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""

    def __str__(self) -> str:
        """The note, as it is kept in a file."""
        return self.checkpoint


@dataclass(frozen=True, repr=False)
class EventPart(Value):
    """One part of a serialized change: its bytes and their key, or only the commitment to them."""

    content: bytes | None
    """The bytes, where the caller may have them and they exist. May be empty."""
    key: bytes
    """The key of the commitment. Only with the bytes."""
    commitment: bytes
    """The commitment: SHA-256(0x11 || key || the bytes)."""


@dataclass(frozen=True, repr=False)
class InclusionProof(Value):
    """A change, and the proof that it stands in the log at its position."""

    leaf: bytes
    """Position and record time, 8 bytes big endian each, then a hash of the commitments."""
    parts: tuple[EventPart, ...]
    """The parts of the change: header, content, restricted."""
    inclusion_proof: tuple[bytes, ...]
    """The RFC 6962 proof of inclusion: hashes of 32 bytes, from the leaf upwards."""
    checkpoint: str
    """The signed checkpoint of the tree."""
    view_position: int
    """The size of the tree."""
    message: audit.GetInclusionProofResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class ConsistencyProof(Value):
    """The proof that the log of one size begins with all of the log of a smaller one."""

    consistency_proof: tuple[bytes, ...]
    """The RFC 6962 proof: hashes of 32 bytes."""
    first_root: bytes
    """The root of the tree of the smaller size."""
    checkpoint: str
    """The signed checkpoint of the tree of the larger size."""
    view_position: int
    """The larger size."""
    message: audit.GetConsistencyProofResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class Tile(Value):
    """A tile of the tree or of the log's entries, as C2SP tlog-tiles has them."""

    data: bytes
    """The hashes, 32 bytes each, or the entries, each with its length in front."""
    view_position: int
    """The log position that the answer reflects."""
    message: audit.GetTileResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class BundlePart(Value):
    """The next bytes of a bundle."""

    data: bytes = field(repr=False)
    """At most 1 MiB."""
    total_changes: int
    """How many changes the bundle has."""
    exported_changes: int
    """How many of them were sent so far."""
    view_position: int
    """The size of the bundle's checkpoint."""
    message: audit.ExportBundleResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""


@dataclass(frozen=True, repr=False)
class Limits(Value):
    """The bounds that a server sets."""

    text_length: int
    """Characters in a text."""
    name_length: int
    """Characters in a name."""
    repeated_values: int
    """Members of a list."""
    page_size: int
    """Visits or changes in a page."""
    batch_names: int
    """Names in a batch."""
    apply_changes: int
    """Changes that are applied together."""
    import_changes: int
    """Changes in one message of an import."""
    visit_bytes: int
    """Bytes of a visit."""
    request_bytes: int
    """Bytes in a request."""
    response_bytes: int
    """Bytes in an answer."""
    frame_bytes: int
    """Bytes in a frame of a replay."""
    concurrent_calls: int
    """Calls that are served at the same time, without watches."""
    concurrent_watches: int
    """Watches that are served at the same time."""


@dataclass(frozen=True, repr=False)
class ServerInfo(Value):
    """What a server is, what it holds and what it allows."""

    version: str
    """The version of the service: MAJOR.MINOR.PATCH."""
    log_origin: str
    """The name of the log. Another name is another history."""
    first_log_origin: str
    """The name that the log was begun with, which stays when it becomes another log."""
    public_key: str
    """The key that checkpoints are verified with. Auditors take it from the operator."""
    head_position: int
    """The position of the last change in the log; 0 if there is none."""
    engine: str
    """The database and its version."""
    limits: Limits
    """The bounds that it sets."""
    capabilities: tuple[str, ...] = ()
    """What it can do that others may not."""
    read_only: bool = False
    """Whether changes are refused."""
    warnings: tuple[str, ...] = ()
    """What its operator should look at."""
    callers_known: bool = False
    """Whether it knows its callers. If not, everybody may do everything, under any name."""
    caller: str = ""
    """Who calls, as it is recorded with each change. Empty without credentials."""
    caller_role: RoleWord | None = None
    """What the caller may. None without credentials, where callers are known."""
    message: info.GetServerInfoResponse = field(repr=False, compare=False, kw_only=True)
    """The message that this was read from."""
