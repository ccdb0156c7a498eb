"""Signing checkpoints of the log. Only the core does: never two of one size that differ."""

from functools import lru_cache
from pathlib import Path

import structlog

from service.audit.key_file import LogKey, Signed, locked, read_key, replace_key
from service.limits import CACHED_CHECKPOINTS
from service.store.errors import LogDamaged, StartupRefused, StoreUnavailable
from service.store.log.tree_reader import TreeReader
from service.tlog.note import Checkpoint
from service.tlog.proofs import InvalidProof, consistency_proof, verify_consistency

logger = structlog.get_logger()


class Signer:
    """Signs with the key in a file, in one thread.

    Before a checkpoint leaves that is larger than any before, its size and root are in the file,
    and synced. Every checkpoint is proved to agree with the largest one.
    """

    def __init__(self, path: Path, key: LogKey, tree: TreeReader) -> None:
        self.checkpoint = lru_cache(CACHED_CHECKPOINTS)(self._checkpoint)
        self._path = path
        self._signer = key.signer
        self._largest = key.signed
        self._tree = tree

    def _checkpoint(self, size: int) -> str:
        """The signed checkpoint of the log at a size, which is at most its present size.

        :raises LogDamaged: the log is not the one that was signed, or its tree is not whole.
        :raises StoreUnavailable: the size and the root cannot be written beside the key.
        """
        asked = Signed(size, self._tree.root(size))
        if self._largest is not None:
            self._check(asked, self._largest)
        if self._largest is None or size > self._largest.size:
            self._largest = self._noted(asked)
        return Checkpoint(self._signer.name, size, asked.root).signed(self._signer)

    def _check(self, one: Signed, other: Signed) -> None:
        """Check that the log at the larger size goes on from the smaller one."""
        (first, first_root), (second, second_root) = sorted((one, other))
        proof = consistency_proof(first, second, self._tree.nodes(second))
        try:
            verify_consistency(first, second, proof, first_root, second_root)
        except InvalidProof:
            raise LogDamaged(
                second, "the entries are not those of which a checkpoint was signed", first=1
            ) from None

    def _noted(self, asked: Signed) -> Signed:
        """Write beside the key what is signed next, unless another server has signed more.

        Returns what is written there now.
        """
        try:
            with locked(self._path):
                key = read_key(self._path)
                if key.signer != self._signer:
                    raise StartupRefused("the key was replaced: start the server again")
                if key.signed is not None:
                    self._check(asked, key.signed)
                    if key.signed.size >= asked.size:
                        return key.signed
                replace_key(self._path, LogKey(key.signer, key.retired, asked))
                return asked
        except StartupRefused as error:
            logger.warning("cannot sign", reason=str(error))
            raise StoreUnavailable("no checkpoint can be signed at present") from error
