import pandas as pd
import pytest

from lib.tables import catalog


@pytest.fixture(autouse=True)
def few_sources(monkeypatch):
    """Two sources instead of the book's."""
    listed = pd.DataFrame(
        {
            "id": ["survey-2026", "agency-2025"],
            "title": ["Summaries 2026", "Outlook 2025"],
            "publisher": ["Geological Survey", "Energy & Mines Agency"],
            "published": pd.to_datetime(["2026-02-06", "2025-05-21"]),
            "confidence": ["high", "high"],
        }
    ).set_index("id")
    monkeypatch.setattr(catalog, "sources", lambda: listed)


@pytest.fixture
def mines():
    """Output by country and year; the United States miss 2012 and 2013, Myanmar's figures are estimates."""
    rows = [
        {"iso3": code, "year": year, "value_t": level * (year - 2005), "qualifier": mark}
        for code, level, mark in (("CHN", 10_000, ""), ("USA", 1_500, ""), ("MMR", 800, "e"), ("OTH", 100, ">"))
        for year in range(2010, 2021)
    ]
    frame = pd.DataFrame(rows).assign(source_id="survey-2026", edition="2026", also_source_ids="")
    frame["value_t"] = frame["value_t"].astype("float64")
    frame.loc[(frame["iso3"] == "USA") & frame["year"].between(2012, 2013), "value_t"] = None
    return frame
