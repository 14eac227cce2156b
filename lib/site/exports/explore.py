"""The data of the page Explore: each indicator as a shard that the page loads when it is asked for, and as Parquet.

A shard is JSON, and the same as a script, since a page opened from disk may not fetch. Its lines are those of
`lib.indicators.explore`; nothing is rounded in it, or worked out again.
"""

from __future__ import annotations

import io
import json
import math
import re
import unicodedata
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from lib.disk import files
from lib.indicators import explore
from lib.indicators.explore import Indicator
from lib.paths import LIB
from lib.site.exports import store
from lib.tables import asof, catalog

FOLDER = "explore"
LAYOUT = 1  # of the shards; raise it when a part changes its meaning
WORLD = LIB / "figures" / "assets" / "world-110m.json"
MADE_BY = (LIB / "indicators", LIB / "tables", LIB / "quantity.py", Path(__file__))
"""The code that shards follow from."""
VIEWS = {
    "funnel": "?i=stages&p=reserves-all,mining-all,separation-magnet,magnets-all&e=CHN&s=all",
    "quotas": "?i=quotas&m=oxide",
    "imports": "?i=origins&m=share-value&p=2846&e=CHN&o=all&s=all",
    "concentration": "?i=concentration&m=weight&p=market-mining-all,market-separation-magnet,market-magnets&v=ranked",
    "reserves-by-country": "?i=reserves&m=amount&e=all&s=usgs&v=ranked",
    "china-reserve-share": "?i=reserves&m=share&e=CHN&s=usgs",
    "reserves-map": "?i=reserves&m=amount&s=usgs&v=map",
    "mine-output": "?i=mining&m=amount&e=all&s=usgs&v=ranked",
    "china-mine-share-history": "?i=mining&m=share-listed&e=CHN&s=all",
    "mine-output-since-1900": "?i=mining&m=amount&e=WLD,USA&s=usgs-data-series-140",
    "export-quotas": "?i=quotas&m=gross",
    "price-history": "?i=prices&m=usd&p=dy-oxide&s=usgs-average-of-the-year,usgs-end-of-the-year",
    "ndpr-prices": "?i=prices&m=usd&p=ndpr-oxide&s=all",
    "magnets-west": "?i=imports&m=share-value&p=850511&e=EU27,USA,JPN,KOR&s=cepii-baci",
    "magnets-economies": "?i=imports&m=share-value&p=850511&e=all&s=cepii-baci&v=ranked",
    "magnets-datasets": "?i=imports&m=share-value&p=850511&e=EU27,USA,JPN,DEU&s=all&y=2024-2024&v=ranked",
    "japan-magnets": "?i=origins&m=share-value&p=850511&e=JPN&o=CHN,PHL,VNM,MYS&s=cepii-baci",
    "supplier-concentration": "?i=concentration&m=value&p=suppliers-850511&e=all&s=cepii-baci&v=ranked",
    "us-compounds-history": "?i=imports&m=share-weight&p=2846&e=USA&s=usitc-partners-read",
    "published-estimates": "?i=imports&m=share-unstated&p=published&e=all&s=all",
    "eu-magnets-by-origin": "?i=imports&m=share-value&p=85051110&e=EU27&s=eurostat",
    "economies-compared": "?i=imports&m=share-value&p=850511&e=all&s=cepii-baci&v=ranked",
    "economies-map": "?i=imports&m=share-value&p=850511&s=cepii-baci&v=map",
}
"""The view that shows the data of a figure, by the name of the figure."""
POINT = ("time", "value", "source", "marks", "low", "high", "period", "weak")
"""What a point of a line has, in this order; what is empty at its end is left out."""


def stage(data: Path, folder: Path, as_of: str | None, shelf: Path) -> dict[str, dict]:
    """Write the shards of all indicators to `folder`, and return them by name.

    data   the tables as known on the day `as_of`, empty for today
    shelf  keeps what was made from the same tables and code before
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_from = f"{as_of or ''} {_digest(data)}"
    store.only(shelf, {indicator.name for indicator in explore.INDICATORS})
    shards = {}
    for indicator in explore.INDICATORS:
        make = partial(_made, indicator, data, as_of)
        kept = store.kept(shelf, indicator.name, made_from, ".zip", make)
        for name, content in store.unzipped(kept).items():
            (folder / name).write_bytes(content)
        shards[indicator.name] = json.loads((folder / f"{indicator.name}.json").read_text(encoding="utf-8"))
    (folder / "world.js").write_text(f"window.ivWorld = {WORLD.read_text('utf-8').strip()};\n", encoding="utf-8")
    return {name: shard for name, shard in shards.items() if shard["lines"]}


def _digest(data: Path) -> str:
    code = [path for part in MADE_BY for path in ([part] if part.is_file() else files.tree(part, (".py",)))]
    return files.digest_of(sorted([*code, *data.glob("*.csv"), *data.glob("*.json")]))


def _made(indicator: Indicator, data: Path, as_of: str | None) -> bytes:
    """Make the files of an indicator, as a zip."""
    with catalog.reading(data):
        frame = indicator.read(as_of or None)
        shard = json.dumps(shard_of(indicator, frame), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        table = parquet(indicator, frame)
    script = f'(window.ivExplore ||= {{}})["{indicator.name}"] = {shard};\n'
    name = indicator.name
    made = {f"{name}.json": f"{shard}\n".encode(), f"{name}.js": script.encode(), f"{name}.parquet": table}
    return store.zipped(made)


def shard_of(indicator: Indicator, frame: pd.DataFrame) -> dict:
    """Make the shard of an indicator from its observations: titles by key, sources, and lines of points."""
    sources, series = sorted(frame["source_id"].unique()), sorted(frame["series"].unique(), key=str.casefold)
    listed = catalog.sources()
    return {
        "layout": LAYOUT,
        "name": indicator.name,
        "title": indicator.title,
        "what": indicator.what,
        "measures": {
            key: {"title": measure.title, "unit": measure.unit, "places": measure.places}
            for key, measure in indicator.measures.items()
            if key in set(frame["measure"])
        },
        "titles": {
            "product": {key: title for key, title in indicator.products.items() if key in set(frame["product"])},
            "place": _places(frame["place"]),
            "partner": _places(frame["partner"]),
            "series": {slug(name): name for name in series},
        },
        "first": {
            dimension: [slug(key) if dimension == "series" else key for key in keys]
            for dimension, keys in indicator.first.items()
        },
        "ofPlaces": indicator.of_places,
        "placesAre": indicator.place,
        "sources": [[source, listed.loc[source, "publisher"], _year(listed.loc[source])] for source in sources],
        "point": POINT,
        "lines": _lines(frame, sources),
    }


def _places(codes: pd.Series) -> dict[str, str]:
    names = {code: catalog.country_name(code) for code in set(codes) - {""}}
    return dict(sorted(names.items(), key=lambda entry: (entry[1], entry[0])))  # several codes have one name


def _year(source: Mapping) -> str:
    return asof.printed_day({name: "" if pd.isna(cell) else str(cell)[:10] for name, cell in source.items()})[:4]


def _lines(frame: pd.DataFrame, sources: list[str]) -> list[list]:
    number = {source: place for place, source in enumerate(sources)}
    return [
        [*key[:-1], slug(key[-1]), [_point(row, number) for row in rows.to_dict("records")]]
        for key, rows in frame.groupby(explore.LINE, sort=False)
    ]


def slug(series: str) -> str:
    """Name a series in an address, the same in every edition."""
    plain = unicodedata.normalize("NFKD", series).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _point(row: Mapping, number: Mapping[str, int]) -> list:
    point = [row["time"], _plain(row["value"]), number[row["source_id"]], row["marks"], _plain(row["low"])]
    point += [_plain(row["high"]), "" if row["period"] == row["time"] else row["period"], int(row["weak"])]
    while point and point[-1] in (None, "", 0) and len(point) > 3:
        point.pop()
    return point


def _plain(value: float) -> float | int | None:
    if math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def parquet(indicator: Indicator, frame: pd.DataFrame) -> bytes:
    """Write observations as Parquet, a row each, with names beside codes and the unit of each value."""
    import pyarrow as pa
    from pyarrow import parquet as writer

    units = {key: measure.unit for key, measure in indicator.measures.items()}
    titles = {key: measure.title for key, measure in indicator.measures.items()}
    table = pd.DataFrame(
        {
            "measure": frame["measure"].map(titles),
            "unit": frame["measure"].map(units),
            "product": frame["product"].map(indicator.products),
            "iso3": frame["place"],
            "economy": frame["place"].map(catalog.country_name),
            "origin_iso3": frame["partner"],
            "origin": frame["partner"].map(catalog.country_name),
            **{name: frame[name] for name in ("series", "time", "period", "value", "low", "high", "marks", "weak")},
            "source_id": frame["source_id"],
        }
    )
    about = {"title": indicator.title, "description": indicator.what}
    content = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(about)
    buffer = io.BytesIO()
    writer.write_table(content, buffer, compression="zstd")
    return buffer.getvalue()
