"""A step of the build: it adds the contract, which is beside the client in the repository."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContractHook(BuildHookInterface[Any]):
    """Adds the contract. A source archive has it within: there is nothing to add then."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say what the archive gets beside the files of this folder."""
        root = Path(self.root)
        if not (root / "chancery" / "v1").is_dir():
            contract = root.parent / "protos" / "chancery" / "v1"
            build_data["force_include"][str(contract)] = "chancery/v1"
