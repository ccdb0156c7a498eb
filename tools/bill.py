"""Write what the archives of the server need: a list to install by, and a bill of materials.

``python -m tools.bill FOLDER PACKAGES``: FOLDER has the archives, PACKAGES is the folder of the
environment that was made from the lock. ``make dist`` calls it in an environment of its own,
since it takes a library that nothing else does.
"""

import hashlib
import os
import re
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^([\w.-]+)==.*(?:\n {4}.*)*", re.MULTILINE)
# What the server's wheel holds of others, as service/web/static/fonts.css says.
FONT = re.compile(r"(Inter|Source Serif 4) ([\d.]+) \(")
FONTS_LICENCE = "OFL-1.1"
# What some say in words that can mean one licence only, by its name in SPDX.
NAMES = {
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}


class Needed:
    """The distributions that the wheels in a folder need, of those in ``packages``, by name."""

    def __init__(self, wheels: list[Path], packages: Path) -> None:
        installed = metadata.distributions(path=[str(packages)])
        self._installed = {canonicalize_name(each.name): each for each in installed}
        self.own = {
            canonicalize_name(each.name): each
            for wheel in wheels
            for each in metadata.distributions(path=[str(wheel)])
        }
        self.found: dict[str, metadata.Distribution] = {}
        self.needs: dict[str, set[str]] = {}
        self._seen: set[tuple[str, frozenset[str]]] = set()
        for name in self.own:
            self._take(name, frozenset())

    def _take(self, name: NormalizedName, extras: frozenset[str]) -> None:
        """Take a distribution with some of its extras, and what that needs."""
        if (name, extras) in self._seen:
            return
        self._seen.add((name, extras))
        distribution = self.found[name] = self.own.get(name) or self._installed[name]
        needs = self.needs.setdefault(name, set())
        for line in distribution.requires or ():
            needed = Requirement(line)
            if needed.marker and not any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *extras)
            ):
                continue
            needs.add(canonicalize_name(needed.name))
            self._take(canonicalize_name(needed.name), frozenset(needed.extras))


def requirements(needed: Needed, lock: str) -> str:
    """Those lines of the lock that the server needs, with their hashes."""
    others = needed.found.keys() - needed.own.keys()
    lines = [each[0] for each in LOCKED.finditer(lock) if canonicalize_name(each[1]) in others]
    if len(lines) != len(others):
        sys.exit("The lock does not have all that the server needs: run make lock")
    return "\n".join(lines) + "\n"


def bill(needed: Needed, wheels: list[Path], moment: datetime) -> str:
    """The bill of materials of the server, in CycloneDX 1.6."""
    digests = {wheel.name.split("-")[0].replace("_", "-"): _digest(wheel) for wheel in wheels}
    parts = {name: _component(each, digests.get(name)) for name, each in needed.found.items()}
    server = parts.pop("chancery")
    server.type = ComponentType.APPLICATION
    fonts = list(_fonts())
    bom = Bom(components=[*parts.values(), *fonts])
    bom.metadata.component, bom.metadata.timestamp = server, moment
    parts["chancery"] = server
    for name, component in parts.items():
        below = [parts[each] for each in sorted(needed.needs[name])]
        bom.register_dependency(component, below + (fonts if name == "chancery" else []))
    named = ",".join(sorted(f"{each.purl}" for each in parts.values()))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, f"{named},{digests}")
    text: str = JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
    if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"The bill of materials is not valid: {error}")
    return text


def _component(distribution: metadata.Distribution, digest: HashType | None) -> Component:
    name = canonicalize_name(distribution.name)
    purl = PackageURL("pypi", name=name, version=distribution.version)
    return Component(
        name=name,
        version=distribution.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        licenses=_licences(distribution),
        hashes=[digest] if digest else [],
    )


def _licences(distribution: metadata.Distribution) -> list[LicenseExpression | DisjunctiveLicense]:
    """What a distribution says of its licence: an expression, or else a name or words."""
    said = distribution.metadata
    (expression,) = (said.get_all("License-Expression") or said.get_all("License") or [""])[:1]
    try:
        return [LicenseExpression(canonicalize_license_expression(expression))]
    except InvalidLicenseExpression:
        pass
    prefix = "License :: "
    names = [each.split(" :: ")[-1] for each in said.get_all("Classifier", []) if prefix in each]
    if not names and expression:
        names = [expression.splitlines()[0]]
    return [
        DisjunctiveLicense(id=NAMES[name]) if name in NAMES else DisjunctiveLicense(name=name)
        for name in names
    ]


def _fonts() -> Iterator[Component]:
    for name, version in FONT.findall((ROOT / "service/web/static/fonts.css").read_text()):
        yield Component(
            name=name,
            version=version,
            type=ComponentType.FILE,
            bom_ref=f"{name} {version}",
            purl=PackageURL("generic", name=name, version=version),
            licenses=[LicenseExpression(FONTS_LICENCE)],
        )


def _digest(file: Path) -> HashType:
    return HashType(
        alg=HashAlgorithm.SHA_256, content=hashlib.sha256(file.read_bytes()).hexdigest()
    )


def main(folder: str, packages: str) -> None:
    """Write both beside the archives."""
    wheels = sorted(Path(folder).glob("*.whl"))
    needed = Needed(wheels, Path(packages))
    moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    listed = requirements(needed, (ROOT / "requirements.lock").read_text())
    Path(folder, "requirements.txt").write_text(listed)
    Path(folder, "chancery.cdx.json").write_text(bill(needed, wheels, moment))


if __name__ == "__main__":
    main(*sys.argv[1:])
