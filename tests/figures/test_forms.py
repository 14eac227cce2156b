"""Every form builds for wide and narrow columns, compiles, keeps its width, and shows gaps and marks."""

import json
from itertools import pairwise

import pandas as pd
import pytest
import vl_convert

from lib.figures import axes, forms, parts, text, theme
from lib.figures.forms import cascades
from lib.figures.publish import VEGALITE, _svg_width, specification

PERIODS = pd.DataFrame(
    {
        "measure": ["A licence for seven elements with a rather long name", "A duty", "A duty"],
        "begins": ["2023-08-01", "2020-01-01", "2024-05-01"],
        "ends": [None, "2022-12-31", "2025-05-01"],
        "state": ["in force", "repealed", "suspended"],
    }
)
STAGES = pd.DataFrame(
    {
        "stage": ["Ore", "Oxide", "Metal", "Magnet"],
        "what": ["mined", "separated elements", "from oxide", "sintered"],
        "share": [69.0, 84.3, None, 94.0],
        "qualifier": ["e", "", "", ">"],
        "maker": ["Survey, 2025", "Agency, 2025", "", "Agency, 2024"],
        "source_id": "survey-2026",
    }
)
FLOWS = pd.DataFrame(
    {
        "flow": ["solvent", "acid", "mixture"],
        "enters": ["Fresh solvent", "Acid", "Feed"],
        "leaves": ["Loaded solvent", "Spent acid", ""],
        "source_id": "survey-2026",
    }
)
PLANTS = pd.DataFrame(
    {
        "plant": ["East", "West"],
        "lon": [170.0, -110.0],
        "lat": [-40.0, 35.0],
        "kt": [10.0, 3.0],
        "grade": [2.0, 8.0],
        "iso3": ["NZL", "USA"],
        "qualifier": ["e", ""],
    }
)
RIVALS = pd.DataFrame(
    {
        "stage": ["Mining", "Mining", "Separation and refining of all rare earths outside one country", "Magnets"],
        "share": [69.0, 62.0, 91.0, 90.0],
        "by": ["Survey", "Agency", "Agency", "Survey"],
        "qualifier": ["e", "", "<", ">"],
    }
)


def build_all(mines):
    latest, two = mines[mines["year"] == 2020], mines[mines["year"].isin([2010, 2020])]
    days = mines.assign(day=pd.to_datetime(mines["year"].astype(str) + "-06-30"))
    whole = mines.fillna({"value_t": 1.0}).assign(quota=mines["year"] > 2017)
    return {
        "bars": forms.bars(latest, "iso3", "value_t", unit="t"),
        "bars of long names": forms.bars(RIVALS.drop_duplicates("stage"), "stage", "share"),
        "lines": forms.lines(mines, "year", "value_t", "iso3", unit="t", notes=[(2014, "A ruling"), (2015, "The end")]),
        "log lines": forms.lines(whole, "year", "value_t", "iso3", log=True),
        "days": forms.lines(days, "day", "value_t", "iso3", points=True),
        "step_lines": forms.step_lines(days, "day", "value_t", "iso3"),
        "areas": forms.areas(whole, "year", "value_t", "iso3", hatch_from=2018),
        "stacked columns": forms.stacked_bars(whole, "year", "value_t", "iso3", hatch="quota"),
        "stacked rows": forms.stacked_bars(RIVALS, "stage", "share", "by", totals=True),
        "dots": forms.dots_with_ranges(RIVALS, "stage", "share", unit="%", label="by"),
        "slope": forms.slope(two, "iso3", "year", "value_t", highlight=["CHN"]),
        "bar panels": forms.bar_panels(
            RIVALS.assign(measure="Share, %"), "stage", "share", "by", maxima={"Survey": 100, "Agency": 100}
        ),
        "steps": forms.small_multiples(days, "day", "value_t", "iso3", kind="step"),
        "held against": forms.bars(RIVALS.drop_duplicates("stage"), "stage", "share", benchmark=(65, "the limit")),
        "multiples": forms.small_multiples(mines, "year", "value_t", "iso3", unit="t"),
        "gantt": forms.gantt(PERIODS, "measure", "begins", "ends", state="state", as_of="2026-01-01"),
        "two panels": forms.gantt(
            PERIODS, "measure", "begins", "ends", state="state", group="state", groups=["suspended"], split=2023
        ),
        "map with more": forms.choropleth(latest, "iso3", "value_t", bins=[1e4], without=(["IND"], "mines")),
        "heatmap": forms.heatmap(mines, "year", "iso3", "value_t", bins=[1e3, 1e4]),
        "calendar": forms.calendar(
            PERIODS, "begins", "measure", "state", states={"in force": "CHN", "suspended": "chn-soft"}
        ),
        "cascade": forms.cascade(FLOWS, step="Stirred, then settled"),
        "chain": forms.chain(STAGES),
        "scatter": forms.scatter(PLANTS, "kt", "grade", label="plant", actor="iso3"),
        "choropleth": forms.choropleth(latest, "iso3", "value_t", bins=[1e4, 1e5]),
        "points": forms.point_map(PLANTS, "lon", "lat", value="kt", name="plant"),
    }


NAMES = list(build_all(pd.DataFrame({"year": [2020], "value_t": [1.0], "iso3": ["CHN"]})))


@pytest.mark.parametrize("width", [theme.WIDE, theme.NARROW])
@pytest.mark.parametrize("name", NAMES)
def test_form_compiles_inside_its_width(name, width, mines):
    spec = specification(build_all(mines)[name], width)
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGALITE)
    assert "<svg" in svg
    assert "NaN" not in svg
    assert _svg_width(svg) <= width + 1
    assert "tooltip" in json.dumps(spec)


def test_every_row_of_bars_has_its_tooltip_and_source(mines):
    spec = forms.bars(mines[mines["year"] == 2020], "iso3", "value_t", unit="t").at(700).to_dict()
    rows = [row for rows in spec["datasets"].values() for row in rows if row.get("k") == "MMR"]
    assert {row["told"] for row in rows} == {"12,000 t (estimated)"}
    assert {row["source"] for row in rows} == {"Geological Survey (2026)"}


def test_an_explicit_gap_and_a_skipped_year_break_the_line():
    frame = pd.DataFrame({"x": [2000, 2001, 2002, 2005, 2006], "v": 1.0, "s": "a"})
    filled = parts.with_gaps(frame)
    assert filled["v"].isna().sum() == 1
    assert filled.loc[filled["v"].isna(), "x"].tolist() == [2003]


def test_a_series_every_two_years_has_no_gaps():
    frame = pd.DataFrame({"x": [2000, 2002, 2004, 2006], "v": 1.0, "s": "a"})
    assert parts.with_gaps(frame)["v"].notna().all()


def test_a_point_between_two_gaps_is_drawn():
    frame = pd.DataFrame({"x": [1, 2, 3, 4, 5], "v": [1, None, 3, None, 5], "s": "a"})
    assert parts.lonely(frame)["x"].tolist() == [1, 3, 5]


def test_missing_bars_say_why():
    assert parts.short(float("nan"), "t", "W") == "withheld"
    assert parts.short(float("nan"), "t", "NA") == "not available"
    assert parts.short(30.0, "%", ">") == ">30%"
    assert parts.told(30.0, "%", ">;e") == "more than 30% (estimated)"


def test_rest_of_the_world_comes_last():
    assert parts.ordered(["OTH", "AUS", "CHN"], {"OTH": 9, "AUS": 1, "CHN": 5}, None) == ["CHN", "AUS", "OTH"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 100, [0, 25, 50, 75, 100]), (0, 0.9, [0, 0.25, 0.5, 0.75, 1]), (0, 0, [0, 0.25, 0.5, 0.75, 1])],
)
def test_ticks_are_round(low, high, ticks):
    assert axes.nice_ticks(low, high, 4) == ticks


def test_labels_keep_apart_and_inside():
    placed = text.spread([10, 11, 12, 90], [16] * 4, 0, 100)
    assert sorted(placed) == placed
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(placed))
    assert placed[0] >= 8
    assert placed[-1] <= 92


def test_wrapped_labels_fit():
    label = text.wrap("Solvent extraction plants outside of China that were announced", 150)
    assert text.width(label) <= 150
    assert label.replace("\n", " ") == "Solvent extraction plants outside of China that were announced"


def test_unknown_states_are_named():
    with pytest.raises(ValueError, match="dormant"):
        forms.gantt(PERIODS.assign(state="dormant"), "measure", "begins", "ends", state="state").at(700)


def test_an_agency_is_not_a_country():
    assert not parts.is_place("BGS")
    assert parts.is_place("CHN")
    assert parts.is_place("EU27")


def test_the_picture_shows_all_series_and_the_newest_year(mines):
    """What a reader may change in the live chart leaves the static picture as it was."""
    from lib.figures.publish import specification, vector

    lines = specification(forms.lines(mines, "year", "value_t", "iso3"), 700)
    assert [param["name"] for param in lines["params"]] == ["pick"]
    assert 'opacity="0.25"' not in vector(lines, "x")
    alone = specification(forms.lines(mines[mines["iso3"] == "CHN"], "year", "value_t"), 700)
    assert "params" not in alone
    bars = specification(forms.bars(mines, "iso3", "value_t", slider="year"), 700)
    assert bars["params"][0]["value"] == 2020
    assert vector(bars, "x").count("China") == 1
    assert "150,000" in vector(bars, "x")
    assert "140,000" not in vector(bars, "x")


def test_a_year_without_a_row_says_so_and_the_scale_holds_every_year(mines):
    rows = mines[(mines["year"] != 2015) | (mines["iso3"] != "CHN")].assign(cap=mines["year"] == 2020)
    spec = specification(forms.bars(rows, "iso3", "value_t", unit="t", hatch="cap", slider="year"), 700)
    known = [row for rows in spec["datasets"].values() for row in rows if row.get("row") == "China" and "moment" in row]
    labels = {row["moment"]: row["label"] for row in known if "label" in row}
    fills = {row["moment"]: row["fill"] for row in known if "fill" in row}
    assert labels[2015] == "no figure"
    assert (fills[2019], fills[2020]) == (theme.colour("CHN"), theme.soft("CHN"))
    tops = [layer["encoding"]["x"]["scale"]["domain"] for layer in spec["layer"] if "scale" in layer["encoding"]["x"]]
    assert {tuple(top) for top in tops} == {(0, 150_000)}


def test_a_series_on_request_waits_for_the_reader(mines):
    from lib.figures.publish import vector

    chart = specification(
        forms.lines(mines, "year", "value_t", "iso3", on_request=["MMR"], picker="Single out"),
        700,
    )
    picture = vector(chart, "x")
    assert "Myanmar" not in picture
    assert "China" in picture
    offered = chart["params"][0]["bind"]
    assert "MMR" in offered["options"]


def test_a_key_of_small_multiples_can_be_picked_without_a_warning(mines, recwarn):
    from lib.figures.publish import specification

    halves = pd.concat([mines.assign(half="a"), mines.assign(half="b", value_t=mines["value_t"] / 2)])
    spec = specification(forms.small_multiples(halves, "year", "value_t", "iso3", series="half"), 700)
    assert [param["name"] for param in spec["params"]] == ["pick"]
    assert not [warning for warning in recwarn if "selection parameter" in str(warning.message)]


@pytest.mark.parametrize(
    ("unit", "words"),
    [("%", "62–69%"), ("t", "62–69 t"), ("billion USD", "USD 62–69 billion")],
)
def test_a_range_says_its_unit_once(unit, words):
    spec = specification(forms.dots_with_ranges(RIVALS.head(2), "stage", "share", unit=unit), 700)
    assert words in {row.get("words") for rows in spec["datasets"].values() for row in rows}


def test_a_row_of_cells_is_named_once(mines):
    spec = forms.heatmap(mines, "year", "iso3", "value_t", bins=[1e3, 1e4]).at(700).to_dict()
    named = [layer for layer in spec["layer"] if layer["encoding"].get("text", {}).get("field") == "row"]
    assert len(named) == 1


def sets_of(spec: dict) -> list[dict]:
    return [row for rows in spec["datasets"].values() for row in rows]


def test_then_and_now_are_told_in_that_order_with_their_bounds():
    """From at most 93 to 87% is a fall, which `87–93%` hides."""
    rows = [
        ("KOR", 92.8, True, "<;derived"),
        ("KOR", 87.4, False, ""),
        ("AUS", 62.0, True, "<"),
        ("AUS", 78.0, False, ""),
    ]
    data = pd.DataFrame(rows, columns=["iso3", "share", "earlier", "qualifier"])
    spec = specification(forms.dots_with_ranges(
        data, "iso3", "share", unit="%", places=0, then="earlier", arrows=False), 700)  # fmt: skip
    assert {row["words"] for row in sets_of(spec) if "words" in row} == {"<93 → 87%", "<62 → 78%"}
    assert "triangle-left" not in json.dumps(spec)


def test_charts_without_arrows_tell_bounds_in_their_tooltips():
    data = pd.DataFrame({"year": [2002, 2010, 2024], "share": [46.8, 80.9, 79.7], "qualifier": ["<", "<", ""]})
    drawn = {
        arrows: specification(forms.lines(data, "year", "share", unit="%", places=1, arrows=arrows), 700)
        for arrows in (True, False)
    }
    assert "triangle-down" in json.dumps(drawn[True])
    assert "triangle-down" not in json.dumps(drawn[False])
    assert {row["told"] for row in sets_of(drawn[False]) if row.get("told")} == {
        "at most 46.8%",
        "at most 80.9%",
        "79.7%",
    }


def test_a_chain_fills_what_is_known_and_leaves_the_rest_empty_and_says_so():
    for width in (700, 340):
        spec = specification(forms.chain(STAGES), width)
        words = {row["word"] for row in sets_of(spec) if "word" in row}
        assert any(word.startswith("69%") for word in words)
        assert any("no figure" in word for word in words)
        assert any(word.startswith(">94%") for word in words)
        tones = (theme.colour("CHN"), theme.soft("CHN"))  # the soft one for a bound
        boxes = [row for row in sets_of(spec) if row.get("tone") in tones]
        assert [row["k"] for row in boxes] == ["Ore", "Oxide", "Magnet"]
        filled = [(row["y2"] - row["y"]) * (row["x2"] - row["x"]) for row in boxes]
        assert filled[0] < filled[1] < filled[2]
        assert [row["tone"] for row in boxes] == [tones[0], tones[0], tones[1]]


def test_what_a_chain_notes_stands_at_its_stage_with_a_heading_and_nothing_stands_for_nothing():
    rows = STAGES.assign(plants=["", "8 plants", "", "10 plants"], none="")
    for width in (700, 340):
        spec = specification(forms.chain(rows, notes={"plants": "Elsewhere", "none": "Never"}), width)
        words = [row["word"] for row in sets_of(spec) if "word" in row]
        assert sum(word.endswith("8 plants") for word in words) == 1
        assert any(word.startswith("Elsewhere") for word in words)
        assert not any("Never" in word for word in words)


def test_in_a_cascade_two_liquids_pass_each_other_and_the_mixture_is_fed_between():
    for width, onward, back, towards in ((700, "right", "left", "up"), (340, "down", "up", "right")):
        spec = specification(forms.cascade(FLOWS), width)
        heads = [
            layer["mark"]["shape"].removeprefix("triangle-")
            for layer in spec["layer"]
            if "shape" in layer["mark"]
            for _ in spec["datasets"][layer["data"]["name"]]
        ]
        ends = cascades.TANKS + 1  # one arrow between two tanks, and one at each end
        assert [heads.count(way) for way in (onward, back, towards)] == [ends, ends, 1]
        words = {row["word"].replace("\n", " ") for row in sets_of(spec) if "word" in row}
        assert words == {"Fresh solvent", "Loaded solvent", "Acid", "Spent acid", "Feed"}
        tanks = [row for row in sets_of(spec) if row.get("flow") == "solvent"]
        assert len(tanks) == cascades.TANKS
        assert len({row["tone"] for row in tanks}) > 2


def drawn(chart, width=theme.WIDE):
    return json.dumps(specification(chart, width))


def test_a_name_stands_where_its_line_ends_and_not_at_the_end_of_a_leader(mines):
    short = mines[(mines["iso3"] != "MMR") | (mines["year"] < 2014)]
    spec = specification(forms.lines(short, "year", "value_t", "iso3"), theme.WIDE)
    rules = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    assert not rules
    (name, *_) = [
        layer
        for layer in spec["layer"]
        if layer["mark"]["type"] == "text" and "Myanmar" in json.dumps(spec["datasets"][layer["data"]["name"]])
    ]
    assert name["encoding"]["x"]["value"] < spec["width"] - 20


def test_lines_in_one_colour_are_told_apart_by_dashes():
    rows = pd.DataFrame({"year": [2020, 2021] * 2, "s": ["one", "one", "two", "two"], "v": [1.0, 2.0, 3.0, 4.0]})
    spec = specification(forms.lines(rows, "year", "v", "s", colours={"one": "CHN", "two": "CHN"}), theme.WIDE)
    dashes = [layer["mark"]["strokeDash"] for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert len(dashes) == len({str(dash) for dash in dashes}) == 2


def test_what_is_not_an_actor_gets_no_actors_colour():
    chosen = parts.palette(["gallium", "germanium", "tungsten"])
    assert not set(chosen.values()) & {light for light, _ in theme.ACTORS.values()}


def test_several_places_without_a_colour_are_no_two_greys_where_they_must_differ():
    chosen = parts.palette(["CHN", "FRA", "PHL", "ROW"], distinct=parts.PLAIN_PARTS)
    assert len(set(chosen.values())) == 4
    assert parts.palette(["CHN", "DEU"], distinct=parts.PLAIN_SERIES)["DEU"] == theme.colour("OTH")


def test_a_benchmark_is_a_line_across_the_bars():
    words = drawn(forms.bars(RIVALS.drop_duplicates("stage"), "stage", "share", benchmark=(65, "the limit")))
    assert "the limit" in words
    assert '"rule"' in words


def test_what_began_before_and_since_a_year_stands_in_two_panels():
    words = drawn(forms.gantt(PERIODS, "measure", "begins", "ends", state="state", group="state", split=2023))
    assert "Begun before 2023" in words
    assert "Begun since 2023" in words
    assert "Begun" not in drawn(forms.gantt(PERIODS, "measure", "begins", "ends", group="state", state="state"))


def test_every_dot_of_a_map_has_a_name_or_a_number_with_a_name():
    chart = forms.point_map(PLANTS, "lon", "lat", name="plant")
    assert all(name in drawn(chart) for name in PLANTS["plant"])
    small = drawn(chart, theme.NARROW)
    assert "1  West" in small
    assert "2  East" in small


def test_a_label_keeps_off_lines_and_other_labels():
    taken = [text.Box(109, 90, 160, 106)]
    box = text.roomiest((100, 98), (40, 16), [(120, 98)], taken, (300, 200))
    assert not box.meets(taken[0])
    assert not box.near(120, 98)
