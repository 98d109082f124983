"""What an installation is made of: an SBOM (CycloneDX 1.6) and a list of licences, from the metadata of what is
installed.

`python -m taperplan.bom --sbom sbom.cdx.json --licences licences.txt`; the image has both. Packages that the tests
alone need are in neither: what counts is what the application needs, and what that needs in turn.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from plans.domain.json import JsonObject

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIREMENTS: Final = ROOT / "requirements" / "base.txt"
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LONGEST_LICENCE: Final = 60


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """One package: how its licence is named, and the hashes that a download of it may have."""

    name: str
    version: str
    licence: str
    hashes: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def parts(requirements: Path = REQUIREMENTS) -> list[InstalledPackage]:
    """The packages of the pinned requirements that are installed here, by name. A package for another system or Python
    is not installed, and not part of what runs."""
    found = {}
    for name, version, hashes in _pinned(requirements.read_text(encoding="utf-8")):
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        # Some are pinned twice, for older Pythons and for newer ones.
        if package.version == version:
            found[name] = _part(package, hashes)
    return sorted(found.values(), key=lambda one: one.name)


def _pinned(text: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", text):
        if found := _PINNED.match(block):
            yield found[1], found[2], tuple(_HASH.findall(block))


def _part(package: Distribution, hashes: tuple[str, ...]) -> InstalledPackage:
    name = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()
    return InstalledPackage(name, package.version, licence_of(package), hashes)


def licence_of(package: Distribution) -> str:
    """The licence by the newest of three ways to say it: an SPDX expression, classifiers, a short free text."""
    metadata = package.metadata
    # Asked by `in`: a name that is missing is None in some Pythons and an error in later ones.
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    classified = [
        value.rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier") or []
        if value.startswith("License :: ") and value.count(" :: ") > 1
    ]
    if classified:
        return " OR ".join(sorted(classified))
    free = metadata["License"].strip() if "License" in metadata else ""
    return free if free and "\n" not in free and len(free) <= _LONGEST_LICENCE else "not stated"


def sbom(found: Iterable[InstalledPackage], version: str) -> JsonObject:
    """The bill as CycloneDX 1.6 has it. The same parts give the same bytes: nothing depends on the day."""
    components = [
        {
            "type": "library",
            "bom-ref": one.purl,
            "name": one.name,
            "version": one.version,
            "purl": one.purl,
            "licenses": [{"license": {"name": one.licence}}],
            "evidence": {"identity": [{"field": "purl", "confidence": 1}]},
            "properties": [{"name": "taperplan:sha256", "value": value} for value in one.hashes],
        }
        for one in found
    ]
    ours = f"pkg:pypi/taperplan@{version}"
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).digest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ours,
                "name": "taperplan",
                "version": version,
                "purl": ours,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": ours, "dependsOn": [one["bom-ref"] for one in components]}],
    }


def licences(found: Iterable[InstalledPackage]) -> str:
    """One line a package: name, version, licence."""
    return "".join(f"{one.name} {one.version}: {one.licence}\n" for one in found)


def main(arguments: list[str]) -> int:
    """Write what is asked for."""
    parser = argparse.ArgumentParser(description="What this installation is made of.")
    parser.add_argument("--sbom", type=Path, required=True, help="where the CycloneDX file goes")
    parser.add_argument("--licences", type=Path, required=True, help="where the list of licences goes")
    given = parser.parse_args(arguments)
    found = parts()
    text = json.dumps(sbom(found, _version()), indent=1, ensure_ascii=False)
    given.sbom.write_text(text + "\n", encoding="utf-8")
    given.licences.write_text(licences(found), encoding="utf-8")
    print(f"{len(found)} packages")
    return 0


def _version() -> str:
    """Our own version: of the package where it is installed, else of the repository."""
    try:
        return distribution("taperplan").version
    except PackageNotFoundError:
        declared = ROOT / "pyproject.toml"
        stated = re.search(r'(?m)^version = "([^"]+)"', declared.read_text()) if declared.is_file() else None
        return stated[1] if stated else "unreleased"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
