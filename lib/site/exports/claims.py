"""The judged claims for programs: `claims.json` with its schema, and ClaimReview of schema.org for the page.

A verdict in them is the one that the page shows: all come from the record that the notebook left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lib.records import Records
from lib.site.exports.citation import FILES

FILE = "claims.json"
SCHEMA = Path(__file__).with_name("claims.schema.json")
VERSION = 1
RATINGS = {"Supported": 5, "Supported only for a stated year, scope or edition": 3, "Off by a stated factor": 2,
           "Not supported": 1}  # fmt: skip
"""Numbers beside the words, for programs that need them; the others are outside the scale from true to false."""


def schema() -> dict:
    """Read the JSON Schema of claims.json."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def claims_json(records: Records) -> str:
    """Return the claims as JSON; `about` documents the layout."""
    content = {
        "$schema": SCHEMA.name,
        "about": (
            "This file lists paraphrased statements from press articles. Declared tests judge them from the tables in "
            "data/, as known when the article appeared (then) and as known on the day of this edition (now). A verdict "
            "follows only from the results of the tests. `readings` give the value that each figure yields for a test, "
            "and `inputs` the rows from which it was computed."
        ),
        "version": VERSION,
        "as_of": records.as_of,
        "claims": records.claims,
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def stage(records: Records, folder: Path) -> None:
    """Write claims.json and its schema to the files that go into the site as they are, where there are claims."""
    if not records.claims:
        return
    (folder / FILES).mkdir(exist_ok=True)
    (folder / FILES / FILE).write_text(claims_json(records), encoding="utf-8")
    (folder / FILES / SCHEMA.name).write_bytes(SCHEMA.read_bytes())


def review(claim: Mapping, page: str, people: list[dict], published: str) -> dict:
    """Describe one claim as schema.org's ClaimReview; `page` is the address of the page, `people` are its authors."""
    article, now = claim["article"], claim["now"]
    verdict = now["verdict"]
    rating = {"@type": "Rating", "alternateName": verdict}
    if verdict in RATINGS:
        rating |= {"ratingValue": RATINGS[verdict], "worstRating": 1, "bestRating": 5}
    appearance = {"@type": "CreativeWork", "name": article["label"], "datePublished": article["appeared"]}
    author = {"@type": "Organization", "name": article["outlet"] or "Outlet not known"}
    return {
        "@type": "ClaimReview",
        "url": f"{page}#{claim['anchor']}",
        "claimReviewed": claim["claim"],
        "datePublished": published,
        "author": people,
        **({"reviewBody": claim["explanation"]} if claim["explanation"] else {}),
        "reviewRating": rating,
        "itemReviewed": {
            "@type": "Claim",
            "author": author,
            "datePublished": article["appeared"],
            "appearance": {name: value for name, value in appearance.items() if value},
        },
    }
