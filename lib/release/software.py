"""The software bill of materials of the book, as CycloneDX has it: the packages of the lock, and what needs each."""

from __future__ import annotations

import datetime as dt
import uuid

from lib.packages import BOOK, pins

ONLY_WHERE = f"{BOOK}:only-where"
"""The property of a package that only some platforms need."""


def bill(lock: str, version: str, commit: str, made: dt.datetime) -> bytes:
    """Write the bill for a version of the book as CycloneDX 1.6 JSON; the same arguments give the same bytes.

    `lock` is the text of the lock file, `made` the time of the commit.
    """
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion
    from packageurl import PackageURL

    listed = pins(lock)
    book = Component(name=BOOK, version=version, type=ComponentType.APPLICATION, bom_ref=BOOK)
    components = [
        Component(
            name=pin.name,
            version=pin.version,
            bom_ref=f"{pin.name}=={pin.version}",
            purl=PackageURL("pypi", None, pin.name, pin.version),
            properties=[Property(name=ONLY_WHERE, value=pin.marker)] if pin.marker else [],
        )
        for pin in listed
    ]
    bom = Bom(components=components, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{BOOK} {version} {commit}"))
    bom.metadata.component = book
    bom.metadata.timestamp = made
    for needing in (book, *components):
        needed = [each for each, pin in zip(components, listed, strict=True) if needing.name in pin.wanted_by]
        bom.register_dependency(needing, needed)
    written = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return (written.output_as_string(indent=1) + "\n").encode()
