"""How a judged claim is shown and handed on: its entry on the page, its picture, its record for programs."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pandas as pd
from IPython.display import HTML, display

from lib import facts, figures
from lib.cite import written
from lib.claims import rules
from lib.claims.evidence import places, shown
from lib.claims.ledger import Judgement, Ledger
from lib.claims.rules import COMPARISONS, CONTEXT, NATURAL, SCALE, Reading, Result, Test
from lib.figures import forms
from lib.metadata import KEY
from lib.quantity import Quantity
from lib.tables import catalog

SHORT = {rules.ONLY: "Supported only for some", rules.FACTOR: "Off by a factor", rules.UNTESTABLE: "Cannot be tested"}
SLUGS = dict(
    zip(SCALE, ("supported", "only", "factor", "unsupported", "incomparable", "untestable", "void"), strict=True)
)
MARKS = {rules.ONLY: "met by some", rules.ROUNDED: "met within rounding"}
FEW_CONTEXT, FEW_SOURCES = 3, 2
STATED = "Stated in the article"
NEEDED = {"more than": "Needed: more than", "at least": "Needed: at least", "less than": "Needed: less than"}


COLUMNS = {
    "label": "Statement",
    "topic": "Topic",
    "then_short": "Then",
    "now_short": "Now",
    "article": "Article",
}
"""What the table of all claims shows of `glance`."""


def anchor(claim_id: str) -> str:
    """Return the anchor of the entry of a claim on its page."""
    return f"claim-{claim_id.lower()}"


# --- the entry ---


def show(ledger: Ledger, claim_id: str) -> None:
    """Show the entry of a claim: both verdicts with their values, the explanation, and how it was judged."""
    then, now = ledger.then[claim_id], ledger.now[claim_id]
    claim, key = now.claim, anchor(claim_id)
    days = [written(then.claim.judged_on), written(ledger.day)]
    head = "".join(f'<th scope="col">As known on {day}</th>' for day in days)
    rows = [_row("Verdict", (_verdict(then), _verdict(now)))]
    for before, after in zip(then.results, now.results, strict=True):
        cells = (_value(then, before, "then"), _value(now, after, "now"))
        rows.append(_row(_text(before.test.what), cells))
    markup = (
        f'<article class="iv-claim" id="{key}" aria-labelledby="{key}-title">'
        f'<h3 id="{key}-title"><a class="iv-claim-id" href="#{key}">{claim_id}</a> {_text(claim.text)}</h3>'
        f'<div class="iv-scroll" tabindex="0" role="region" aria-label="Verdicts on {claim_id}">'
        '<table class="iv-judged">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f"<p>{_text(_explained(now))}</p>{_how(then, now, ledger)}</article>"
    )
    display(HTML(markup), metadata={KEY: {"claim": record(ledger, claim_id)}})


def show_all(ledger: Ledger, names: Iterable[str]) -> None:
    """Show the entries of claims, each with its picture where one shows it best; say so where there are none."""
    for name in names:
        show(ledger, name)
        picture(ledger, name)
    if not names:
        display(HTML("<p>No statement in this article is on the chosen topic.</p>"))


def title_of_topics(rows: pd.DataFrame) -> str:
    """Say on which topic most statements are supported now, in a title without a full stop."""
    supported = rows[rows["now"].eq(rules.SUPPORTED)]["topic"].value_counts()
    return f"Statements on {supported.index[0]} hold most often" if len(supported) else "No statement holds in full"


def glance(rows: pd.DataFrame) -> pd.DataFrame:
    """Add to a `table` the label with which it lists a claim."""
    return rows.assign(label=rows["claim"] + "  " + rows["statement"].map(facts.typographic))


def _text(words: str) -> str:
    return html.escape(facts.typographic(words), quote=False)


def _row(head: str, cells: Iterable[str]) -> str:
    return f'<tr><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _verdict(judged: Judgement) -> str:
    """Write the verdict in its words, with what it is limited to or by how much it is off."""
    label = {rules.ONLY: "Supported only for", rules.FACTOR: f"Off by a factor of {_factor(judged)}"}
    words = label.get(judged.verdict, judged.verdict)
    limits = f": {_text('; '.join(judged.only_for))}" if judged.only_for else ""
    return f'<strong class="iv-verdict iv-{SLUGS[judged.verdict]}">{words}</strong>{limits}'


def _factor(judged: Judgement) -> str:
    """Say how far off, as a number above one: the stated value over the computed one, or the other way round."""
    times = judged.factor
    if times is None:
        return ""
    return facts.format_number(max(times, 1 / times), 0 if max(times, 1 / times) >= 9.5 else 1)


def _value(judged: Judgement, entry: Result, when: str) -> str:
    """Write the leading value of a test with what it says; a recorded number where it is that of the verdict."""
    reading = entry.leading
    if reading is None:
        return entry.nothing[0].upper() + entry.nothing[1:]
    text = html.escape(shown(reading), quote=False)
    if entry is judged.telling and not reading.value.missing and not reading.text:
        text = _fact(judged, reading, when).as_html()
    mark = MARKS.get(entry.outcome, entry.outcome)
    return f'{text} <span class="iv-says">{_text(reading.what)}; {mark}</span>'


def _fact(judged: Judgement, reading: Reading, when: str) -> facts.Fact:
    return facts.record(
        f"{judged.claim.id.lower()}-{when}",
        reading.value,
        reading.unit,
        scope=f"{judged.telling.test.what}, {reading.what}",
        period=reading.year or judged.telling.test.year,
        formula=reading.formula,
        rows=reading.rows,
        query=reading.query,
        places=places(reading),
    )


def _explained(now: Judgement) -> str:
    """Return the explanation, or say that none was written yet, or that it was written for another verdict."""
    if not now.claim.explanation:
        return "No explanation had been written by the day of this edition; the verdict does not depend on one."
    if now.verdict == now.claim.explains["now"]:
        return now.claim.explanation
    return f"The explanation of this claim was written for an earlier state of the data. {now.claim.explanation}"


def _how(then: Judgement, now: Judgement, ledger: Ledger) -> str:
    tests = "".join(f"<li>{_told(entry.test)}</li>" for entry in now.results)
    days = [then.claim.judged_on.isoformat(), ledger.day.isoformat()]
    again = " and ".join(f'<code>claims.judge("{now.claim.id}", "{when}")</code>' for when in days)
    return (
        f'<details class="iv-how"><summary>How this was judged</summary><ul>{tests}</ul>{_readings(then, now)}'
        f"<p>{_went(ledger.history[now.claim.id])}</p>"
        f"<p>To repeat the judgement with the code of this book, run {again}.</p></details>"
    )


def _went(history: list) -> str:
    """Say how the verdict went over the days on which it was computed: each with the first day that gave it."""
    changes = [entry for before, entry in pairwise([(None, ""), *history]) if entry[1] != before[1]]
    verdicts = "; ".join(f"{verdict} from {written(day)}" for day, verdict in changes)
    return (
        f"It was judged as of the day of the article, every 30 June since, and {written(history[-1][0])}: {verdicts}."
    )


def _told(test: Test) -> str:
    """Write a test in words: what, how the statement is read, and what the value must fulfil."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in test.arguments.items())
    decides = " If this test fails, the statement fails." if test.decides else ""
    called = html.escape(f"{test.metric}({arguments})", quote=False)
    return (
        f"<strong>{_text(test.what)}.</strong> {_text(test.wording)}. "
        f"The test is met if the value {_text(criterion(test))}.{decides} <code>{called}</code>"
    )


def criterion(test: Test) -> str:
    """Write what a value must fulfil, in words: `is between 69.5% and 70.5%`."""
    if test.low is None:
        return COMPARISONS[test.comparison]

    def number(value: float) -> str:
        unit = "" if test.unit in ("rank", "count") else test.unit
        return f"{value:,.10g}{'%' if unit == '%' else f' {unit}' if unit else ''}"

    low, high = test.accepted
    if test.comparison == "forecast":
        return COMPARISONS["forecast"].format(bound=f"{test.low:.0f}")
    if test.comparison in ("equals", "about") and low == high:
        return f"is {number(low)}"
    return COMPARISONS[test.comparison].format(low=number(low), high=number(high), bound=number(test.low))


def _readings(then: Judgement, now: Judgement) -> str:
    """Write all readings that count, of both days, and some of the context, as a table."""
    rows, left = [], 0
    for before, after in zip(then.results, now.results, strict=True):
        earlier = {(reading.what, shown(reading)): (reading, says) for reading, says in before.readings}
        current = {(reading.what, shown(reading)): (reading, says) for reading, says in after.readings}
        context = 0
        for key in dict.fromkeys([*current, *earlier]):
            pair = (earlier.get(key), current.get(key))
            reading = next(entry[0] for entry in pair[::-1] if entry)
            if all(entry is None or entry[0].role == CONTEXT for entry in pair):
                context += 1
                if context > FEW_CONTEXT:
                    left += 1
                    continue
            rows.append(_reading_row(reading, pair))
    if not rows:
        return "<p>This book’s tables have no reading for it.</p>"
    heads = "".join(
        f'<th scope="col">{word}</th>' for word in ("Reading", "Value", "Public since", "Then", "Now", "Source")
    )
    more = "1 more reading for context is" if left == 1 else f"{left} more readings for context are"
    rest = f"<p>{more} in claims.json.</p>" if left else ""
    return (
        f'<div class="iv-scroll" tabindex="0" role="region" aria-label="Readings for {now.claim.id}">'
        '<table class="iv-readings">'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{rest}"
    )


def _reading_row(reading: Reading, pair: tuple) -> str:
    since = max((rows["published"].max() for rows in reading.rows if len(rows) and "published" in rows), default=None)
    cells = [_text(shown(reading)), f"{since:%Y-%m-%d}" if since is not None and pd.notna(since) else ""]
    cells += [_says(entry) for entry in pair]
    cells.append(_sources(reading))
    return _row(_text(reading.what), cells)


def _says(entry: tuple[Reading, str] | None) -> str:
    if entry is None:
        return "–"
    reading, says = entry
    if reading.role == CONTEXT:
        return "context"
    return f"<strong>{says}</strong>" if reading.role == NATURAL else says


def _sources(reading: Reading) -> str:
    ids = list(dict.fromkeys(source for rows in reading.rows if "source_id" in rows for source in rows["source_id"]))
    names = catalog.sources()["publisher"]
    links = [f'<a href="source:{source}">{html.escape(names[source])}</a>' for source in ids[:FEW_SOURCES]]
    more = f" and {len(ids) - FEW_SOURCES} more" if len(ids) > FEW_SOURCES else ""
    return "; ".join(links) + more


# --- the record ---


def record(ledger: Ledger, claim_id: str) -> dict:
    """Describe a claim with both judgements, its tests and its history, fit for JSON (claims.json)."""
    now = ledger.now[claim_id]
    claim = now.claim
    article = {name: claim.article[name] for name in ("source_id", "label", "outlet", "basis")}
    days = {name: claim.article[name] for name in ("appeared", "judged_on")}
    return {
        "id": claim.id,
        "anchor": anchor(claim.id),
        "claim": claim.text,
        "kind": claim.kind,
        "topic": claim.topic,
        "article": {name: None if pd.isna(value) else value for name, value in article.items()}
        | {name: None if pd.isna(day) else f"{day:%Y-%m-%d}" for name, day in days.items()},
        "tests": [_test(entry.test) for entry in now.results],
        "then": judgement(ledger.then[claim_id], claim.judged_on.isoformat()),
        "now": judgement(now, ledger.day.isoformat()),
        "history": [{"as_of": day.isoformat(), "verdict": verdict} for day, verdict in ledger.history[claim_id]],
        "explanation": claim.explanation or None,
    }


def _test(test: Test) -> dict:
    names = (
        "number",
        "what",
        "metric",
        "arguments",
        "year",
        "comparison",
        "low",
        "high",
        "tolerance",
        "unit",
        "wording",
    )
    return {name: getattr(test, name) for name in names} | {"decides": test.decides, "criterion": criterion(test)}


def judgement(judged: Judgement, day: str) -> dict:
    """Describe what the data known on a day say of a claim, fit for JSON."""
    value = None if judged.value is None or judged.value.value.missing else judged.value
    return {
        "as_of": day,
        "verdict": judged.verdict,
        "text": judged.text,
        "value": value.value.value if value else None,
        "bound": value.value.bound if value else "",
        "unit": value.unit if value else "",
        "factor": judged.factor,
        "only_for": judged.only_for,
        "sources": judged.sources,
        "inputs": judged.inputs,
        "results": [_result(entry) for entry in judged.results],
    }


def _result(entry: Result) -> dict:
    readings = [
        {
            "what": reading.what,
            "role": reading.role,
            "says": says,
            "value": reading.value.value,
            "bound": reading.value.bound,
            "estimated": reading.value.estimated,
            "unit": reading.unit,
            "text": shown(reading),
            "year": reading.year,
            "spread": list(reading.spread) if reading.spread else None,
            "formula": reading.formula,
        }
        for reading, says in entry.readings
    ]
    return {"test": entry.test.number, "outcome": entry.outcome, "readings": readings}


# --- tables and pictures ---


def table(ledger: Ledger) -> pd.DataFrame:
    """Tabulate the claims: id, statement, article, topic, kind, both verdicts, computed values, the article's id."""
    rows = [
        {
            "claim": name,
            "statement": entry.claim.text,
            "article": entry.claim.article["label"],
            "topic": entry.claim.topic,
            "then": entry.verdict,
            "now": ledger.now[name].verdict,
            "then_short": SHORT.get(entry.verdict, entry.verdict),
            "now_short": SHORT.get(ledger.now[name].verdict, ledger.now[name].verdict),
            "value": ledger.now[name].text,
            "address": f"#{anchor(name)}",
            "source_id": entry.claim.article["source_id"],
        }
        for name, entry in ledger.then.items()
    ]
    return pd.DataFrame(rows)


def counts(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Count how many claims have which verdict, by a column of `table`, then and now, with a row for each bar."""
    long = rows.melt(id_vars=[by, "source_id"], value_vars=["then", "now"], var_name="when", value_name="verdict")
    bars = long.groupby([by, "when", "verdict"], sort=False).agg(
        claims=("verdict", "size"), source_id=("source_id", "first")
    )
    bars = bars.reset_index()
    bars["bar"] = bars[by] + ", " + bars["when"]
    order = {label: place for place, label in enumerate(dict.fromkeys(rows[by]))}
    ranks = order | {"then": 0, "now": 1}
    return bars.sort_values([by, "when"], key=lambda column: column.map(ranks), kind="stable", ignore_index=True)


def tones() -> dict[str, str]:
    """Choose a tone for each verdict: full where the data agree, hatched or grey where not, else pale."""
    names = ("seq-6", "seq-4", "accent-soft", "OTH", "seq-2", "range", "panel")
    return dict(zip(SCALE, names, strict=True))


def summary(ledger: Ledger, by: str, title: str) -> None:
    """Publish how many claims have which verdict, by a column of `table`: a bar each for then and now."""
    data = counts(table(ledger), by)
    what = f"Number of statements by verdict and {by}, as known when the article appeared (then) and now"
    figures.publish(
        forms.stacked_bars(
            data,
            "bar",
            "claims",
            "verdict",
            colours=tones(),
            unit="claims",
            part_order=SCALE,
            order=list(dict.fromkeys(data["bar"])),
        ),
        data.drop(columns="bar"),
        name=f"verdicts-by-{by}",
        title=title,
        subtitle=what,
        alt=f"Stacked bars, two for each {by}, then and now: {what.lower()}. {title}.",
        columns={
            by: by.capitalize(),
            "when": "When",
            "verdict": "Verdict",
            "claims": "Statements",
            "source_id": "Source",
        },
    )


def _states(judged: Judgement, test: Test) -> bool:
    """Return whether the number of a test is the statement's own, and not how its words are read."""
    return test.comparison in ("equals", "about") or f"{test.low:g}" in re.findall(r"[\d.]+", judged.claim.text)


def _decimals(value: float) -> int:
    return len(f"{value:.10g}".partition(".")[2])


def comparison(ledger: Ledger, claim_id: str, number: int = 1) -> pd.DataFrame:
    """Set what a claim states beside the readings of a test as known on the day: label, value, marks, source."""
    entry = ledger.now[claim_id].results[number - 1]
    claim = ledger.now[claim_id].claim
    readings = [
        {
            "reading": reading.what,
            "value": reading.value.value,
            "qualifier": reading.value.bound,
            "says": says,
            "source_id": next(rows["source_id"].iloc[0] for rows in reading.rows if "source_id" in rows),
        }
        for reading, says in entry.readings
        if reading.role != CONTEXT and not reading.value.missing
    ]
    stated = {
        "reading": STATED if _states(ledger.now[claim_id], entry.test) else NEEDED[entry.test.comparison],
        "value": entry.test.low,
        "qualifier": "",
        "says": "",
        "source_id": claim.article["source_id"],
    }
    return pd.DataFrame([stated, *readings]).drop_duplicates("reading", ignore_index=True)


def _benchmark(stated: pd.Series, unit: str) -> str:
    """Write the words of the line at what a claim states or needs: `Needed: more than 50%`."""
    value, words = float(stated["value"]), str(stated["reading"])
    return f"{words if ':' in words else words + ':'} {facts.format_quantity(Quantity(value), unit, _decimals(value))}"


def picture(ledger: Ledger, claim_id: str, *, most: int = 12) -> None:
    """Publish what a claim states, or the threshold it is held against, beside the readings, the newest first.

    Nothing is drawn for a claim without a declared picture, or while there is no reading.
    """
    number = ledger.now[claim_id].claim.picture
    if number is None or not ledger.now[claim_id].results[number - 1].readings:
        return
    data = comparison(ledger, claim_id, number).head(most + 1)
    then, now = (side[claim_id].results[number - 1] for side in (ledger.then, ledger.now))
    test = now.test
    seen = [shown(entry.leading) if entry.leading else entry.nothing for entry in (then, now)]
    values = f"{seen[0]} when the article appeared" + (f", {seen[1]} now" if seen[0] != seen[1] else " and now")
    title = f"{test.what}: {values}"
    if _states(ledger.now[claim_id], test) and test.low is not None:
        title = f"Stated {facts.format_quantity(Quantity(test.low), test.unit, _decimals(test.low))}; computed {values}"
    stated, readings = data.iloc[0], data.iloc[1:]
    domain = (min(0.0, 1.08 * float(data["value"].min())), 1.08 * float(data["value"].max()))
    look: dict[str, Any] = {"unit": test.unit, "order": list(readings["reading"]), "domain": domain}
    figures.publish(
        forms.dots_with_ranges(
            readings, "reading", "value", benchmark=(stated["value"], _benchmark(stated, test.unit)), **look
        ),
        data,
        name=anchor(claim_id),
        title=title,
        subtitle=f"{test.what}, {test.unit}",
        alt=f"Dot plot: a line at what is stated or needed, and a row for each reading of the data. {title}.",
        columns={"reading": "Reading", "value": f"Value ({test.unit})", "says": "Test", "source_id": "Source"},
    )
