"""The indicators of processing: formulas, bounds, what was known when, and published figures reproduced from data/.

Numbers named "oracle" are printed by the publisher named beside them. Facts that a new edition would change are
marked as such in words; the others belong to editions that are closed.
"""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.indicators import common, processing
from lib.indicators.processing import LINES
from lib.quantity import Quantity
from lib.tables import catalog

DAYS = ["2023-06-30", "2025-06-30", None]
RESERVES, MINED, MINED_MAGNET, SEPARATED, SEPARATED_MAGNET, METAL, MAGNETS, HEAVY = LINES.values()
percent = st.floats(0.1, 100)


def known(name, as_of=None, **options):
    """A table as known on a day; without rows before its first day."""
    try:
        return catalog.table(name, as_of, **options)
    except catalog.NoDataYet:
        return catalog.table(name).head(0)


def tables(as_of=None):
    return (
        known("reserves", as_of, vintages="all"),
        known("mine_production", as_of, vintages="all"),
        known("stage_shares", as_of),
    )


BEFORE_2026 = "2026-06-30"  # the data set of May 2025 is the newest of the IEA


def funnel(as_of=None, since=2019):
    return processing.funnel(*tables(as_of), as_of=as_of, since=since)


def concentration(as_of=None):
    _, mined, shares = tables(as_of)
    refined = known("refined_supply", as_of)
    return processing.concentration(processing.markets(mined, refined, shares)).set_index("market")


def iea(flow="refining", as_of=None):
    rows = known("refined_supply", as_of)
    return rows[(rows["series"] == "iea") & (rows["flow"] == flow) & (rows["scenario"] == "base case")]


def value(rows, line, **equal):
    """The one estimate of a line with these properties."""
    chosen = rows[rows["line"] == line]
    for column, wanted in equal.items():
        chosen = chosen[chosen[column] == wanted]
    assert len(chosen) == 1, f"{line}, {equal}: {len(chosen)} rows"
    return chosen.iloc[0]


# --- the funnel ---


@pytest.mark.parametrize("as_of", DAYS)
def test_no_estimate_is_later_than_the_day_or_a_projection(as_of):
    frame = funnel(as_of)
    day = pd.Timestamp(as_of or catalog.vintage())
    assert (frame["published"] <= day).all()
    assert (frame["year"] <= day.year).all()
    assert not frame["kind"].eq("projection").any()
    assert frame["year"].ge(2019).all()


@pytest.mark.parametrize("as_of", DAYS)
def test_every_estimate_is_a_share_of_the_world_and_names_its_rows(as_of):
    frame = funnel(as_of)
    listed = frame["value"].dropna()
    assert listed.between(0, 100).all()
    named = {table: known(table, as_of, vintages="all") for table in ("reserves", "mine_production", "stage_shares")}
    for table, row in (pair for pairs in frame["_rows"] for pair in pairs):
        if table == "stage_shares":
            assert named[table].loc[row, "share_of"] == "world supply"
        assert row in named[table].index


def test_a_share_of_eu_needs_or_of_the_west_is_not_a_share_of_the_world():
    shares = known("stage_shares")
    others = set(shares.loc[shares["share_of"] != "world supply", "estimate_id"])
    assert others, "the table still holds shares of other wholes"
    assert not others & set(processing.world_shares(shares)["estimate_id"])


def test_the_two_scopes_of_a_stage_are_two_lines():
    frame = funnel()
    assert set(frame.loc[frame["line"] == MINED_MAGNET, "scope"]) == {processing.MAGNET}
    assert processing.MAGNET not in set(frame.loc[frame["line"] == MINED, "scope"])
    assert processing.MAGNET not in set(frame.loc[frame["line"] == SEPARATED, "scope"])


def test_stages_follow_the_chain():
    frame = funnel()
    assert frame["stage_order"].is_monotonic_increasing
    assert list(frame["stage"].unique()) == list(processing.STAGES)


@pytest.mark.parametrize(("edition", "share", "bound"), [("MCS2024", 40.0, ""), ("MCS2025", 48.9, "<")])
def test_the_share_of_reserves_carries_the_bound_of_the_world(edition, share, bound):
    """Oracle: USGS MCS 2024 (44 of 110 Mt) and MCS 2025 (44 of more than 90 Mt)."""
    row = value(funnel(), RESERVES, edition=edition)
    assert row["value"] == pytest.approx(share, abs=0.05)
    assert row["bound"] == bound


@pytest.mark.parametrize(
    ("as_of", "year", "share"), [("2025-06-30", 2024, 270_000 / 390_000), (None, 2024, 270_000 / 380_000)]
)
def test_the_share_of_mining_stays_inside_one_edition(as_of, year, share):
    """Oracle: USGS; MCS 2025 prints 390,000 t for 2024, MCS 2026 prints 380,000 t."""
    row = value(funnel(as_of), MINED, year=year, estimator="USGS")
    assert row["value"] == pytest.approx(100 * share)


def test_iea_shares_of_separation_and_magnets():
    """Oracle: IEA Outlook 2024 (92%, 2023), data set of May 2025 (91.3%, 2024), October 2025 (magnets 94%, 2024)."""
    frame = funnel()
    assert value(frame, SEPARATED_MAGNET, year=2023, estimator="IEA")["value"] == 92
    assert value(frame, SEPARATED_MAGNET, year=2024, kind="computed")["value"] == pytest.approx(91.3)
    assert value(frame, MAGNETS, estimator="IEA", source_id="reex_iea_oct2025")["value"] == 94
    assert processing.best(frame, MAGNETS)["value"] == 94, "the maker's own figure goes before those of the press"


def test_weak_estimates_are_shown_and_never_put_into_a_sentence():
    frame = funnel()
    weak = frame[frame["weak"]]
    assert len(weak), "the collection holds low-confidence estimates"
    for line in LINES.values():
        row = processing.best(frame, line)
        assert row is None or row["confidence"] != "low"
        ends = processing.spread(frame, line)
        assert ends is None or all(end["confidence"] != "low" for end in ends)
    assert weak["label"].isna().all()
    assert processing.best(frame, HEAVY) is None, "nobody documents heavy separation by country so far"


def test_the_best_estimate_is_the_newest_of_the_best_trusted():
    frame = pd.DataFrame(
        {
            "line": MAGNETS,
            "value": [90.0, 80.0, 70.0, 60.0],
            "confidence": ["medium", "high", "high", "low"],
            "kind": "published",
            "year": [2025, 2023, 2024, 2026],
            "published": pd.to_datetime(["2025-01-01"] * 4),
        }
    )
    assert processing.best(frame, MAGNETS)["value"] == 70
    assert processing.best(frame, MINED) is None
    low, high = processing.spread(frame, MAGNETS)
    assert (low["value"], high["value"]) == (70, 90)


def test_before_the_first_estimates_the_funnel_is_empty_or_weak():
    early = funnel("2013-01-01", since=2005)
    assert early.empty or early["weak"].all()


def test_an_estimate_names_the_rows_of_its_fact():
    ground, mined, shares = tables()
    row = value(funnel(), RESERVES, edition="MCS2025")
    rows = processing.origin(row, ground, mined, shares)
    assert {frame.attrs["table"] for frame in rows} == {"reserves"}
    assert {frame["iso3"].iloc[0] for frame in rows} == {"CHN", "WLD"}


# --- concentration ---


@given(st.lists(percent, min_size=1, max_size=8))
def test_the_index_range_holds_every_way_to_fill_the_gap(raw):
    shares = [share / max(100, sum(raw)) * 100 for share in raw]
    low, high = processing.hhi_range(shares)
    rest = max(0.0, 100 - sum(shares))
    split = sum(share**2 for share in shares) + 2 * (rest / 2) ** 2
    assert low - 1e-6 <= split <= high + 1e-6
    assert 0 <= low <= high <= 10_000 + 1e-6


def test_shares_of_more_than_a_whole_are_refused():
    with pytest.raises(ValueError, match="add up to"):
        processing.hhi_range([80, 30])


def test_the_index_of_separation_in_2023():
    """Oracle: IEA Outlook 2024 gives China 92%, Malaysia 5% and the top three 98%: 8,490."""
    row = concentration("2024-12-31").loc["separation-magnet"]
    assert row["year"] == 2023
    assert row["hhi_low"] == pytest.approx(8490, abs=1)
    assert row["top3"] == pytest.approx(98)


def test_top_three_miners_of_2023():
    """Oracle: OECD 2024 says 90%; USGS MCS 2025 gives 255,000 + 41,600 + Australia or Myanmar of 376,000 t."""
    rows = processing.mine_years(known("mine_production", "2025-06-30", vintages="all"))[2023]
    assert common.top_share(rows, 3).value == pytest.approx(90.3, abs=0.5)


def test_top_three_as_the_iea_prints_it():
    """Oracle: IEA data set of May 2025, top three in 2024: 97.0% of separation, 86.2% of mining."""
    table = concentration(BEFORE_2026)
    assert table.loc["separation-magnet", "top3"] == pytest.approx(97.0, abs=0.1)
    assert table.loc["mining-magnet", "top3"] == pytest.approx(86.2, abs=0.1)


def test_supply_without_the_leader_is_the_rest():
    table = concentration()
    assert (table["without_leader"] + table["leader_share"]).eq(100).all()
    assert set(table["leader"]) == {"CHN"}
    assert (table["hhi_low"] <= table["hhi_high"]).all()


def test_without_the_iea_data_set_its_outlook_is_used_and_before_it_nothing():
    assert concentration("2024-12-31").loc["separation-magnet", "source_id"] == "seaisi_gcmo2024"
    assert "separation-magnet" not in concentration("2023-06-30").index


def scores(**by_country):
    return pd.DataFrame({"year": 2023, "score": by_country})


def market(**shares):
    frame = pd.DataFrame({"iso3": list(shares), "share": list(shares.values())})
    return frame.assign(market="m", stage="mining", stage_order=1, line="Mining", scope="", year=2024, source_id="x")


def test_governance_weights_run_from_zero_to_ten():
    best, worst = scores(CHN=0.0), scores(CHN=10.0)
    assert processing.weighted_concentration(market(CHN=100.0), best)["low"].iloc[0] == 0
    assert processing.weighted_concentration(market(CHN=100.0), worst)["low"].iloc[0] == 10


def test_a_country_without_a_score_makes_a_range():
    row = processing.weighted_concentration(market(CHN=60.0, XKX=40.0), scores(CHN=5.0)).iloc[0]
    assert row["low"] == pytest.approx(0.36 * 5)
    assert row["high"] == pytest.approx(0.36 * 5 + 0.16 * 10)


def test_governance_is_scaled_from_its_six_dimensions():
    """WGI′ = 10 (2.5 − mean) / 5 (Blengini et al. 2017); the mean of a later update is never mixed in."""
    table = known("governance")
    found = processing.governance_scores(table)
    china = table[(table["iso3"] == "CHN") & (table["year"] == found["year"].iloc[0])]
    mean = china.loc[china["dimension"].str.len() == 2, "estimate"].mean()
    assert found.loc["CHN", "score"] == pytest.approx(10 * (2.5 - mean) / 5)
    assert found["score"].between(0, 10).all()


# --- one scope ---


def outlooks(as_of=None):
    refined = known("refined_supply", as_of, vintages="all")
    return processing.refiner_outlooks(known("stage_shares", as_of), refined, known("statements", as_of))


def test_iea_tonnes_of_separation():
    """Oracle: IEA data set of May 2025, kt of Nd, Pr, Dy, Tb in 2024: world 80.8, China 73.8, Malaysia 3.6, US 0.96."""
    rows = processing.iea_flow(known("refined_supply"), "refining", 2024)
    printed = rows.set_index("iso3")["value"]
    assert printed["WLD"] == pytest.approx(80.8, abs=0.05)
    assert printed["CHN"] == pytest.approx(73.8, abs=0.05)
    assert printed["MYS"] == pytest.approx(3.6, abs=0.05)
    assert printed["USA"] == pytest.approx(0.96, abs=0.005)


def test_the_gap_is_formed_in_one_scope_only():
    """Oracle: China 61.0% of mining and 91.3% of separation in the IEA's scope; not 91 less the 69 of USGS."""
    gap = processing.stage_gap(pd.concat([iea("mining"), iea("refining")]), 2024).set_index("iso3")
    assert gap.loc["CHN", "mined"] == pytest.approx(61.0, abs=0.05)
    assert gap.loc["CHN", "refined"] == pytest.approx(91.3, abs=0.05)
    assert gap.loc["CHN", "gap"] == pytest.approx(gap.loc["CHN", "refined"] - gap.loc["CHN", "mined"])


def test_a_country_missing_in_a_flow_has_no_gap():
    gap = processing.stage_gap(pd.concat([iea("mining"), iea("refining")]), 2024).set_index("iso3")
    assert pd.isna(gap.loc["MMR", "refined"])
    assert pd.isna(gap.loc["MMR", "gap"])


@pytest.mark.parametrize("flow", ["mining", "refining"])
def test_countries_add_up_to_the_world(flow):
    for year in processing.iea_years(known("refined_supply"), flow, projections=True):
        rows = processing.iea_flow(known("refined_supply"), flow, year)
        parts = rows.loc[rows["iso3"] != "WLD", "value"]
        whole_kt = rows["value"].eq(rows["value"].round()).all()
        rounding = 0.5 * (len(parts) + 1) if whole_kt else 0.01
        assert parts.sum() == pytest.approx(common.amount(rows, "WLD").value, abs=rounding)


def test_the_newest_edition_of_the_iea_comes_whole():
    """Oracle: Outlook of July 2026: 75 of 89 kt refined in China in 2025, index of the listed 7,167; mining 3,842."""
    table = known("refined_supply")
    assert processing.iea_years(table, "refining") == [2021, 2025]
    for year in processing.iea_years(table, "refining", projections=True):
        assert len(set(processing.iea_flow(table, "refining", year)["edition"])) == 1
    refined = processing.iea_flow(table, "refining", 2025)
    assert common.share(refined, "CHN").value == pytest.approx(84.27, abs=0.01)
    rows = concentration()
    assert rows.loc["separation-magnet", "hhi_low"] == pytest.approx(7167, abs=1)
    assert rows.loc["mining-magnet", "hhi_low"] == pytest.approx(3842, abs=1)


def test_what_is_refined_outside_china_and_by_whom():
    """Oracle: Outlook of July 2026: 14 of 89 kt outside China in 2025, 15.7%; the largest there has 5 of 14, 36%."""
    rows = processing.iea_flow(known("refined_supply"), "refining", 2025).set_index("iso3")["value"]
    abroad = rows["WLD"] - rows["CHN"]
    assert (abroad, 100 * abroad / rows["WLD"]) == (14, pytest.approx(15.7, abs=0.05))
    assert 100 * rows.drop(["WLD", "CHN", "ROW"]).max() / abroad == pytest.approx(36, abs=0.5)


def test_the_step_between_two_editions_of_the_iea():
    """Oracle for 2030: demand STEPS 122.8 → 116 kt; refined 106.7 → 111, in China 81.1 → 81, elsewhere 25.6 → 30."""
    rows = known("refined_supply", vintages="all")
    rows = rows[(rows["series"] == "iea") & (rows["year"] == 2030)].sort_values("published")
    rows = rows[rows["edition"].isin(["IEA May 2025", "IEA July 2026"])]
    need = rows[(rows["flow"] == "demand") & (rows["scenario"] == "STEPS") & (rows["use"] == "all uses")]["value"]
    assert need.tolist() == pytest.approx([122.8, 116], abs=0.05)
    made = rows[rows["flow"] == "refining"].pivot_table(index="edition", columns="iso3", values="value", sort=False)
    assert made["WLD"].tolist() == pytest.approx([106.7, 111], abs=0.05)
    assert made["CHN"].tolist() == pytest.approx([81.1, 81], abs=0.05)
    assert (made["WLD"] - made["CHN"]).tolist() == pytest.approx([25.6, 30], abs=0.05)


def test_one_outlook_has_three_shares_for_one_year():
    """Oracle: Outlook of July 2026 on China in 2025: 75 of 89 kt in the annex, 85% in the text, 91% on page 39."""
    found = {name: float(row["value"].iloc[0]) for name, row in processing.rival_shares(known("statements")).items()}
    assert found == {"annex": 84.3, "text": 85, "table": 91}
    assert processing.rival_shares(known("statements", "2026-07-01")) == {}


def test_demand_by_use_adds_up():
    """Outlook of July 2026, in whole kt: clean energy and other uses are all uses, vehicles and wind clean energy."""
    rows = known("refined_supply")
    rows = rows[(rows["flow"] == "demand") & (rows["edition"] == "IEA July 2026")]
    table = rows.pivot_table(index=["scenario", "year"], columns="use", values="value")
    assert len(table) == 11
    assert table.notna().all().all()
    assert (table["clean energy"] + table["other uses"] - table["all uses"]).abs().max() <= 1
    assert (table["electric vehicles"] + table["wind"] - table["clean energy"]).abs().max() <= 1


@pytest.mark.parametrize(("stage", "flow"), [("mining", "mining"), ("separation", "refining")])
def test_the_top_three_follow_from_the_tonnes_of_the_outlook(stage, flow):
    """The annex prints the share of the three largest; whole kilotonnes give it within two points."""
    shares = known("stage_shares")
    shares = shares[(shares["source_id"] == "iea_gcmo2026_annex") & (shares["holder"] == "TOP3")]
    shares = shares[shares["stage"] == stage]
    assert sorted(shares["year"]) == [2021, 2025, 2030, 2040]
    for row in shares.itertuples():
        tonnes = processing.iea_flow(known("refined_supply"), flow, row.year)
        named = tonnes[~tonnes["iso3"].isin(["WLD", "ROW"])]["value"]
        assert 100 * named.nlargest(3).sum() / common.amount(tonnes, "WLD").value == pytest.approx(row.share, abs=2)


def test_projections_are_marked_and_can_be_left_out():
    refined = processing.refined_by_country(iea(as_of=BEFORE_2026))
    assert set(refined.loc[refined["projected"], "year"]) == {2030, 2035, 2040}
    assert set(processing.refined_by_country(iea(as_of=BEFORE_2026), projections=False)["year"]) == {2024}


def test_outlooks_of_the_iea():
    """Oracle: top refiner >90% (2023), 85% (2025), about 70% (2035), Outlook 2026; data set of 2025: 75.5% (2040)."""
    rows = outlooks().set_index(["source_id", "year"])
    newest = rows.loc["iea_gcmo2026_exec"]
    assert newest.loc[2023, ["value", "qualifier"]].tolist() == [90, ">"]
    assert newest["value"].tolist() == [90, 85, 70]
    assert newest["projected"].tolist() == [False, False, True]
    assert rows.loc[("iea_cmd2025", 2040), "value"] == pytest.approx(75.5, abs=0.05)
    assert rows.loc[("seaisi_gcmo2024", 2030), "value"] == 77


def test_an_outlook_is_absent_before_its_day():
    assert set(outlooks("2025-06-30")["source_id"]) == {"seaisi_gcmo2024", "iea_cmd2025"}
    assert set(outlooks("2024-12-31")["source_id"]) == {"seaisi_gcmo2024"}
    assert outlooks("2023-06-30").empty


@pytest.mark.parametrize(("after", "expected"), [([70.0, 65.0], True), ([70.0, 80.0], False)])
def test_revised_down_means_lower_in_every_shared_year(after, expected):
    years = {"year": [2030, 2035] * 2, "outlook": ["a", "a", "b", "b"], "projected": True}
    assert processing.revised_down(pd.DataFrame(years | {"value": [75.0, 70.0, *after]})) is expected


# --- quotas ---


def test_the_last_quotas():
    """Oracle: 270,000 t mined and 254,000 t separated for 2024 (MIIT and MNR); no volume for 2025."""
    table = known("production_quotas")
    rows = processing.quotas(table)
    last = rows[rows["year"] == 2024].set_index(["kind", "class"])["value_t_reo"]
    assert last["mining", "total"] == 270_000
    assert last["separation", "total"] == 254_000
    assert rows["year"].max() == 2024, "a later volume would be news: the chapter says that none was found"
    assert set(processing.silent_years(table)["year"]) == {2025}


@pytest.mark.parametrize(
    ("year", "total", "ionic", "source"),
    [
        (2010, 89_200, 12_200, "mlr_2010_30"),
        (2016, 105_000, 17_900, "mlr_2016_quota"),
        (2020, 140_000, 19_150, "mnr_2020_quota"),
    ],
)
def test_quotas_as_the_ministries_print_them(year, total, ionic, source):
    """Oracle: notices of the ministry of land (2010, 2016) and of natural resources with that of industry (2020)."""
    rows = known("production_quotas")
    rows = rows[(rows["year"] == year) & (rows["batch"] == "year") & (rows["kind"] == "mining")].set_index("class")
    assert rows["value_t_reo"][["total", "ionic"]].tolist() == [total, ionic]
    assert rows.loc["light", "value_t_reo"] == total - ionic
    assert set(rows["source_id"]) == {source}


def test_the_batches_of_2022_are_the_year():
    """Oracle: the second notice of 2022 adds both batches: 210,000 t mined, 202,000 t separated."""
    rows = known("production_quotas")
    rows = rows[(rows["year"] == 2022) & (rows["class"] == "total")].pivot_table(
        index="kind", columns="batch", values="value_t_reo"
    )
    assert (rows["1"] + rows["2"]).eq(rows["year"]).all()
    assert rows["year"].tolist() == [210_000, 202_000]


def test_batches_are_not_years_and_gaps_are_not_zero():
    table = known("production_quotas")
    rows = processing.quotas(table)
    assert rows["batch"].eq("year").all()
    assert rows["value_t_reo"].gt(0).all()
    assert not rows.duplicated(["year", "series"]).any()
    assert 2013 not in set(rows["year"]), "only the first batch of 2013 is known"


def test_the_silence_was_not_known_before_it_was_reported():
    assert processing.silent_years(known("production_quotas", "2025-06-30")).empty


# --- plants, time, money ---


def test_capacities_are_added_inside_one_unit_and_once():
    everything = known("facilities")
    rows = processing.summable(processing.plants(everything))
    assert rows["overlaps_with"].isna().all()
    assert rows["capacity_basis"].eq("output").all()
    assert "CHN" not in set(rows["iso3"])
    table = processing.capacity_by_status(rows)
    assert not table.duplicated(["stage", "capacity_unit", "status"]).any()
    assert table["capacity"].sum() == pytest.approx(rows["capacity"].sum())


def test_old_reports_on_plants_can_be_left_out():
    rows = processing.plants(known("facilities"), since=2022)
    assert rows["as_of"].dt.year.min() >= 2022
    assert len(rows) < len(processing.plants(known("facilities")))


def test_a_place_runs_when_one_of_its_plants_does():
    rows = pd.DataFrame(
        {
            "facility": ["a", "b", "c"], "iso3": "USA", "lat": [1.0, 1.0, None], "lon": [2.0, 2.0, None],
            "status": ["planned", "operating", "operating"], "source_id": "x",
        }
    )  # fmt: skip
    place = processing.places(rows)
    assert len(place) == 1
    assert place["running"].all()
    assert not place["future"].any()


def test_separation_takes_three_to_five_years_in_the_west_and_magnets_up_to_four():
    """Oracle: the records give 3–5 years for Western separation plants and 1.75–4 for magnet plants."""
    rows = processing.durations(known("build_times"))
    rows = rows[rows["iso3"].isin(["USA", "CAN", "AUS", "EST", "NOR", "FRA", "DEU", "GBR"]) & rows["type"].ne("plan")]
    spans = rows.groupby("stage")["years"].agg(["min", "max"])
    assert spans.loc["separation"].between(3, 5).all()
    assert spans.loc["magnets"].tolist() == [1.75, 4]


def test_durations_time_projects_and_not_mines_companies_or_claims():
    rows = processing.durations(known("build_times"))
    assert not rows["stage"].str.contains("mine").any()
    assert not rows["start_event"].str.contains("founded|discovery|exploration").any()
    assert not rows["type"].str.startswith("claim").any()
    assert not rows["confidence"].eq("low").any()
    assert (rows["built"] == rows["type"].eq("actual")).all()


def test_capital_per_tonne_of_oxide():
    """Oracle: about 12,000–13,200 USD per t/yr in Baotou against 62,000–66,000 at Eneabba."""
    rows = processing.capital_per_tonne(known("costs")).set_index("project")
    assert rows.loc["Baotou Huamei", "amount"] == 12_000
    assert rows.loc["Northern Gold Dragon", "amount"] == 13_200
    assert rows.loc["Iluka Eneabba", ["value_low", "value_high"]].tolist() == [62_000, 66_000]
    assert rows.loc["Iluka Eneabba", "value_low"] < rows.loc["Iluka Eneabba", "amount"]


def test_dearer_needs_both_sides_and_one_currency():
    rows = pd.DataFrame(
        {"product": "oxides", "iso3": ["CHN", "AUS"], "amount": [10.0, 21.0], "currency": "USD", "weak": False}
    )
    assert processing.dearer(rows)
    assert not processing.dearer(rows.assign(amount=[10.0, 19.0]))
    assert not processing.dearer(rows.assign(currency=["USD", "EUR"]))
    assert not processing.dearer(rows.head(1))


# --- trade, and the United States ---


def test_origins_of_chinas_imports():
    """Oracle: UN Comtrade HS 2846 in 2024: Myanmar 59% by value, of 33 reported origins (China itself is one)."""
    frame = processing.import_origins(known("trade_shares"), top=3)
    last = frame[frame["year"] == 2024].set_index("iso3")
    assert last.loc["MMR", "share"] == pytest.approx(59, abs=0.5)
    assert len(last) == 4
    assert last["share"].sum() == pytest.approx(100, abs=0.1)
    assert last["n_partners"].iloc[0] in (32, 33)
    assert "ROW" not in set(frame["iso3"])


def test_imports_before_their_publication_are_not_known():
    assert processing.import_origins(known("trade_shares", "2026-01-31")).empty


@pytest.mark.parametrize(("as_of", "year", "separated"), [("2025-06-30", 2024, 1_300), (None, 2024, 4_300)])
def test_us_separated_output_is_that_of_the_day(as_of, year, separated):
    """Oracle: USGS MCS 2025 prints 1,300 t for 2024, MCS 2026 4,300 t."""
    frame = processing.separated_at_home(known("us_salient", as_of)).set_index("year")
    assert frame.loc[year, "separated"] == separated
    assert frame.loc[year, "share"] == pytest.approx(100 * separated / frame.loc[year, "mined"])


def test_nothing_mined_leaves_no_share():
    frame = processing.separated_at_home(known("us_salient")).set_index("year")
    assert frame.loc[2017, "mined"] == 0
    assert pd.isna(frame.loc[2017, "share"])


# --- technical figures, magnets ---


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"value": 1500.0, "qualifier": ""}, "1,500"),
        ({"value": 99.5, "qualifier": ">"}, ">99.5"),
        ({"value": float("nan"), "value_low": 16.0, "value_high": 3600.0, "qualifier": "range"}, "16–3,600"),
    ],
)
def test_a_technical_figure_is_printed_with_its_marks(row, text):
    assert processing.printed(pd.Series(row)) == text


def test_a_statement_without_a_number_is_no_figure():
    rows = processing.technical_figures(known("technology"), ["separation", "policy"])
    assert rows["figure"].ne("").all()
    assert (rows["value"].notna() | rows["value_low"].notna()).all()


def test_magnet_output_of_companies_is_not_that_of_the_country():
    """Oracle: MIIT as cited, 207,100 t of sintered blanks in 2021."""
    rows = processing.magnet_estimates(known("magnet_production").query("iso3 == 'CHN'"))
    assert rows["company"].isna().all()
    assert 207.1 in rows.loc[rows["year"] == 2021, "kt"].round(1).tolist()


@pytest.mark.parametrize(("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_words_are_listed_as_in_a_sentence(words, text):
    assert processing.listed(words) == text


def plant(status, capacity=None, kind="nameplate", stage="separation", unit="t/yr REO"):
    return {"stage": stage, "status": status, "capacity": capacity, "capacity_kind": kind, "capacity_unit": unit,
            "capacity_basis": "output" if capacity else None, "overlaps_with": None, "qualifier": ""}  # fmt: skip


def test_a_sum_of_the_plants_with_a_figure_is_a_lower_bound_while_another_has_none():
    rows = pd.DataFrame([plant("operating", 3000.0), plant("operating")])
    assert processing.at_least(rows, "t/yr REO") == Quantity(3000.0, ">")
    assert processing.at_least(rows.head(1), "t/yr REO") == Quantity(3000.0)
    assert len(processing.without_figure(rows)) == 1


def test_a_plant_that_runs_does_not_count_with_what_it_hopes_for():
    rows = pd.DataFrame([plant("operating", 3000.0), plant("operating", 4500.0, kind="target")])
    assert processing.at_least(rows, "t/yr REO") == Quantity(3000.0, ">")
    assert processing.at_least(pd.DataFrame([plant("planned", 4500.0, kind="target")]), "t/yr REO").value == 4500


def test_the_yardstick_plant_is_as_its_company_prints_it():
    """Oracle: the company's notice of March 2023: 106,661.6 t separated; 39,600 t is calcination, which is no metal."""
    rows = known("facilities").set_index("facility_id")
    assert rows.loc["F001", ["capacity", "source_id"]].tolist() == [106_661.6, "cnre_notice_2023"]
    assert pd.isna(rows.loc["F002", "capacity"])


def test_every_capacity_has_a_kind_and_a_day():
    everything = known("facilities", vintages="all")
    printed = everything[everything[["capacity_low", "capacity", "capacity_high"]].notna().any(axis=1)]
    printed = printed[printed["capacity_basis"] != "quota"]
    assert printed["capacity_kind"].notna().all()
    assert printed["capacity_as_of"].notna().all()
    assert (printed["capacity_as_of"] <= printed["as_of"]).all()


def test_no_sum_of_plants_is_shown_as_the_whole_while_a_plant_of_its_stage_has_no_figure():
    """La Rochelle runs without a printed capacity, so no sum of separation plants that run is exact."""
    running = processing.plants(known("facilities"), since=2022)
    running = running[running["status"].isin(processing.RUNNING)]
    assert "F044" in set(processing.without_figure(running)["facility_id"])
    assert processing.at_least(running, "t/yr REO").bound == ">"
    assert "F025" in set(processing.summable(running)["facility_id"])


def test_a_place_is_named_without_what_stands_there():
    assert processing.place_name(["Mountain Pass, light separation", "Mountain Pass, heavy circuit"]) == "Mountain Pass"
    assert processing.place_name(["Rare Earth Processing Facility, Saskatoon"]) == "Saskatoon"
    assert processing.place_name(["Kalgoorlie Rare Earths Processing Facility"]) == "Kalgoorlie"
