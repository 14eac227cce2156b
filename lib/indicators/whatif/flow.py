"""The magnet elements from the mine to the magnet in one year, balanced: what is known, and what is assumed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from lib.indicators import common
from lib.indicators.controls.exports import MAGNETS
from lib.indicators.processing import iea_flow
from lib.quantity import Number

YEAR = 2024
WHAT = "The IEA's data set of the four magnet elements"
YIELD_ROWS = [
    "magnets-blank-to-finished-yield-jl-mag-2024",
    "magnets-blank-to-finished-yield-zhongke-sanhuan-project-2022",
]
CONTENT_ROW = "magnets-rare-earth-content-of-ndfeb-world-2023"
PLACES = {"CHN": "China", "MMR": "Myanmar", "USA": "United States", "AUS": "Australia", "MYS": "Malaysia"}
STAGES = ("Mines", "Separation", "Magnet making", "Magnets in use")
COLOURS = {name: code for code, name in PLACES.items()}
"""Place codes by node, as a chart colours them."""
OTHERS = "Others"
FEED, WASTE = "Scrap and other feed", "Cuttings and losses"


@dataclass(frozen=True)
class Flow:
    """A balanced flow in kt of Nd, Pr, Dy and Tb: `links` from a node of one stage to one of the next.

    links: stage (of the source node), source, target, kt, assumed (True where no publication has the number)
    Each node of a stage in between gives what it gets; the test of the package says so.
    """

    links: pd.DataFrame
    tables: dict[str, pd.DataFrame]

    @property
    def sources(self) -> list[str]:
        """The sources of all tables that the balance rests on."""
        return sorted({source for rows in self.tables.values() for source in rows["source_id"]})

    def total(self, stage: str, node: str | None = None) -> float:
        """Add up what leaves a stage, or one of its nodes, in kt."""
        rows = self.links[self.links["stage"] == stage]
        return float((rows if node is None else rows[rows["source"] == node])["kt"].sum())

    def counted(self) -> tuple[int, int]:
        """Count the flows that are assumed, and all."""
        return int(self.links["assumed"].sum()), len(self.links)

    def exported(self) -> Number:
        """Return how much of the magnet elements China exported in magnets, in kt: gross weight times content."""
        content = self.tables["technology"]
        rows = {"sold": self.tables["china_exports"], "content": content[content["technology_id"] == CONTENT_ROW]}
        kt = float(rows["sold"]["value"].iloc[0]) / 1000 * float(rows["content"]["value"].iloc[0]) / 100
        scope = "rare earths in the rare-earth magnets that China exported"
        query = "SELECT s.value / 1000 * c.value / 100 FROM sold AS s, content AS c"
        return Number(kt, "kt", scope, YEAR, "gross weight × content of a magnet", rows, query, places=0)


def magnet_flow(as_of: common.Day) -> Flow:
    """Balance the flow of one year. Raises NoDataYet.

    Mines and separation are those of the IEA. Who separates whose ore is not published: each country is taken to
    separate its own ore first, Malaysia that of Australia, and China the rest. All that is separated goes to makers of
    magnets, of whom China has the share that the IEA prints. What leaves them as finished magnets is the yield from
    blank to magnet, the rest is cut away. Exports of China times the content of a magnet come into use elsewhere.
    """
    supply = common.select("refined_supply", as_of, WHAT, series="iea", scenario="base case")
    mined, refined = (_by_place(iea_flow(supply, flow, YEAR)) for flow in ("mining", "refining"))
    shares = common.select("stage_shares", as_of, "China's share of magnet making", stage="magnets", year=YEAR)
    shares = shares[shares["source_id"].eq("iea_ree_2026") & shares["holder"].eq("CHN")]
    technology = common.select("technology", as_of, "Yields of magnet makers", technology_id=[*YIELD_ROWS, CONTENT_ROW])
    sold = common.select("china_exports", as_of, "China's exports of magnets", product=MAGNETS, destination="WLD")
    sold = sold[sold["year"].eq(YEAR) & sold["unit"].eq("t") & sold["month_start"].eq(1) & sold["month_end"].eq(12)]
    if shares.empty or sold.empty:
        raise common.not_yet("stage_shares", as_of, "The IEA's share of magnet making")
    values = technology.set_index("technology_id")["value"] / 100
    made, content = float(values[YIELD_ROWS].mean()), float(values[CONTENT_ROW])
    china, exported = float(shares["share"].iloc[0]) / 100, float(sold["value"].iloc[0]) / 1000 * content
    links = [*_separated(mined, refined), *_made(refined, china), *_used(sum(refined.values()), china, made, exported)]
    frame = pd.DataFrame(links, columns=["stage", "source", "target", "kt", "assumed"])
    frame = frame[frame["kt"] > 1e-9].reset_index(drop=True)
    tables = {"refined_supply": supply[supply["year"].eq(YEAR)], "technology": technology}
    tables |= {"stage_shares": shares, "china_exports": sold}
    return Flow(frame.assign(source_id=supply["source_id"].iloc[0]), tables)


def _by_place(rows: pd.DataFrame) -> dict[str, float]:
    rows = rows[rows["iso3"] != common.WORLD]
    named = rows.assign(place=[PLACES.get(code, OTHERS) for code in rows["iso3"]])
    return {str(place): float(value) for place, value in named.groupby("place")["value"].sum().items()}


def _separated(mined: dict[str, float], refined: dict[str, float]) -> list[tuple]:
    """Say who separates whose ore: own ore first, Australia's in Malaysia, the rest where room is left."""
    left, room = dict(mined), dict(refined)
    pairs = [(place, place) for place in mined] + [("Australia", "Malaysia"), (OTHERS, OTHERS)]
    pairs += [(source, target) for target in ("China", *refined) for source in mined]
    links: dict[tuple[str, str], float] = {}
    for source, target in pairs:
        amount = min(left.get(source, 0.0), room.get(target, 0.0))
        links[source, target] = links.get((source, target), 0.0) + amount
        left[source], room[target] = left.get(source, 0.0) - amount, room.get(target, 0.0) - amount
    rows = [
        (STAGES[0], source, target, kt, source != target or source == OTHERS) for (source, target), kt in links.items()
    ]
    return rows + [(STAGES[0], FEED, target, kt, True) for target, kt in room.items() if kt > 0]


def _made(refined: dict[str, float], china: float) -> list[tuple]:
    """Say who makes magnets of whose oxides: China of its own, as far as its share of magnet making goes."""
    whole = sum(refined.values())
    needed = china * whole
    own = min(refined["China"], needed)
    rows = [(STAGES[1], "China", "China", own, False), (STAGES[1], "China", "Elsewhere", refined["China"] - own, True)]
    others = {place: kt for place, kt in refined.items() if place != "China"}
    bought = (needed - own) / (sum(others.values()) or 1)
    for place, kt in others.items():
        rows += [
            (STAGES[1], place, "China", kt * bought, True),
            (STAGES[1], place, "Elsewhere", kt * (1 - bought), True),
        ]
    return rows


def _used(whole: float, china: float, made: float, exported: float) -> list[tuple]:
    """Say where magnets come into use: China's exports and all that others make elsewhere, the rest in China."""
    finished = whole * china * made
    return [
        (STAGES[2], "China", "Used in China", finished - exported, True),
        (STAGES[2], "China", "Used elsewhere", exported, False),
        (STAGES[2], "China", WASTE, whole * china * (1 - made), True),
        (STAGES[2], "Elsewhere", "Used elsewhere", whole * (1 - china) * made, True),
        (STAGES[2], "Elsewhere", WASTE, whole * (1 - china) * (1 - made), True),
    ]


def others_counted(as_of: common.Day) -> dict[str, Number]:
    """Return what two studies counted of rare earths in the magnets of an economy, by the names of facts."""
    rows = common.select("statements", as_of, "Studies of material flows", topic="material flow")
    scopes = zip(rows.index, rows["statement_id"], rows["statement"], rows["period"], rows["value"], strict=True)
    return {
        name: Number(float(v), "t", what, period, "as printed", rows.loc[[row]])
        for row, name, what, period, v in scopes
    }
