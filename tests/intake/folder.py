"""A small data folder to add to, with a table of editions, one of flows, and what is plausible in both."""

import json
from pathlib import Path

from tests import small_data

HEADER = "series,edition,iso3,year,value,qualifier\n"
FLOWS = "dataset,partner,year,weight_kg,source_id,note\nbaci,AUS,2022,1000000,early,\nbaci,CHN,2022,9000000,early,\n"


def write(folder: Path) -> Path:
    """The folder of `small_data` with a table `flows` that has no editions."""
    small_data.write(folder)
    path = folder / "datapackage.json"
    package = json.loads(path.read_text())
    output = next(entry for entry in package["resources"] if entry["name"] == "output")
    output["plausible"] = {"value": {"factor": 6, "from": 1000, "maximum": 5_000_000}}
    output["schema"]["primaryKey"].append("source_id")
    flows = small_data.described("flows", FLOWS)
    for field in flows["schema"]["fields"]:
        if field["name"] in ("year", "weight_kg"):
            field["type"] = "integer" if field["name"] == "year" else "number"
        field["constraints"] = {"required": field["name"] != "note"}
    flows |= {"vintageKey": ["dataset", "partner", "year"], "plausible": {"weight_kg": {"factor": 30, "from": 100000}}}
    flows["schema"]["primaryKey"] = ["dataset", "partner", "year", "source_id"]
    package["resources"].append(flows)
    path.write_text(json.dumps(package))
    (folder / "flows.csv").write_text(FLOWS)
    return folder


def rows(folder: Path, *lines: str, name: str = "new.csv", header: str = HEADER) -> Path:
    """A file of rows in the columns of a table, to be added."""
    path = folder / name
    path.write_text(header + "".join(f"{line}\n" for line in lines))
    return path


def bytes_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
