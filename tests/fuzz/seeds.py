"""Where the fuzzer begins: the good files of the corpus, the broken ones, and the excerpts of published files."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from lib.importers import File, Refused, opened
from tests.fuzz.targets import FILES, Target
from tests.importers import (
    handed_in,
    test_baci,
    test_customs,
    test_unknown_files,
    test_usgs_mcs,
    test_usgs_releases,
    test_world_bank,
)
from tests.intake import corpus

LARGEST = 160 << 10
WEB = (
    "Year,Period,Trade Flow Code,Reporter Code,Partner Code,Commodity Code,Netweight (kg),Trade Value (US$)\n"
    "2016,2016,1,842,0,280530,100,1000\n2016,2016,1,842,156,280530,60,920\n"
)
MORE = {
    "baci.short": "year,i,j,cmd,value\n2023,CHN,DEU,850511,1234.5\n2023,NA,FRA,280530,0\n",
    "baci.code_table": "country_code,country_name,country_iso2,country_iso3\n4,Afghanistan,AF,AFG\n",
    "baci.official": test_baci.GOOD,
    "world_bank_series.databank": test_world_bank.databank(test_world_bank.known_rows()[:6], test_world_bank.OLD),
    "un_comtrade": WEB,
    "world_bank_series.bare": test_world_bank.GDP.split("\n\n")[2],
    "customs.census": json.dumps([test_customs.HEADER, test_customs.CHINA]),
}


def write(targets: dict[str, Target], folder: Path) -> None:
    """Write the seeds of each target into a folder of its name."""
    for name in targets:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in MORE.items():
        _keep(folder / name, content.encode())
    with tempfile.TemporaryDirectory(prefix="seeds-") as scratch:
        for path in _files(Path(scratch)):
            if path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
                _keep(folder / FILES, path.read_bytes())
                _keep_by_reader(targets, folder, path)


def _files(scratch: Path) -> Iterator[Path]:
    yield from handed_in.FILES.iterdir()
    for number, (_, make) in enumerate([*corpus.good_files(), *corpus.cases()]):
        place = scratch / str(number)
        place.mkdir()
        yield make(place)
    header = test_world_bank.WGI.split(",")
    rows = [header, *(list(test_world_bank.as_published(row).split(",")) for row in test_world_bank.known_rows()[:3])]
    yield handed_in.workbook(scratch / "wgi.xlsx", {"wgidataset": rows})
    yield handed_in.workbook(scratch / "six.xlsx", test_unknown_files.six_sheets())
    for name, text in test_unknown_files.IN_SHEETS.items():
        yield handed_in.workbook(scratch / f"{name}.xlsx", {"Data": test_unknown_files.cells_of(text)})
    yield test_usgs_releases.copper(scratch, ("XX", "Not applicable"))
    yield test_usgs_releases.release(scratch, "graph", 2022, "t", *test_usgs_releases.GRAPHITE, reserves=False)
    yield test_usgs_mcs.world_of_all(scratch)
    for commodity in ("gallium", "germanium", "copper"):
        (scratch / commodity).mkdir()
        yield test_usgs_mcs.world_file(scratch / commodity, "MCS2024", commodity)


def _keep_by_reader(targets: dict[str, Target], folder: Path, path: Path) -> None:
    try:
        with opened(path) as files:
            for file in files:
                for name, target in targets.items():
                    if target.reader and target.reader.fits(file):
                        _keep(folder / name, _content(target, file))
    except Refused:
        return


def _content(target: Target, file: File) -> bytes:
    if target.kind == "sheets":
        return json.dumps(file.sheets(), default=lambda value: {"day": value.toordinal()}).encode()
    return file.path.read_bytes() if file.path.stat().st_size <= LARGEST else file.head


def _keep(folder: Path, content: bytes) -> None:
    if content:
        (folder / hashlib.sha1(content).hexdigest()).write_bytes(content)
