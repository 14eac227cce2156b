"""A file of the size and layout of a year of BACI, with made-up figures: what is measured must not need a download."""

from __future__ import annotations

from pathlib import Path

from lib.importers.followed import CODES

ROWS = 11_000_000
"""About what CEPII publishes for a year."""
YEAR = 2017
PRODUCTS = 5_400
WITHOUT_QUANTITY = 25
"""One row in so many has no quantity."""
WRITE = """
COPY (
    WITH drawn AS (
        SELECT n, n * {step} + (n * 48271 % 1000003) % {step} AS place,
               n * 48271 % 1000003 AS one, n * 69621 % 1000033 AS two
        FROM range({rows}) AS counted(n)
    )
    SELECT {year} AS t,
           countries[1 + (place // {products} // {partners}) % {partners}] AS i,
           countries[1 + (place // {products}) % {partners}] AS j,
           products[1 + place % {products}] AS k,
           round(0.001 + exp(10.0 * one / 1000003.0) - 1, 3) AS v,
           CASE WHEN n % {without} = 0 THEN 'NA'
                ELSE CAST(round(0.001 + exp(8.0 * two / 1000033.0) - 1, 3) AS VARCHAR) END AS q
    FROM drawn, (SELECT $countries AS countries, $products AS products)
) TO '{path}' (HEADER, DELIMITER ',', QUOTE '')
"""


def write_year(path: Path, rows: int = ROWS) -> Path:
    """Write so many rows `t,i,j,k,v,q`, sorted as CEPII sorts them; the same for the same number."""
    import duckdb
    import pycountry

    countries = sorted(int(country.numeric) for country in pycountry.countries)
    products = _products()
    step = max(1, len(countries) ** 2 * len(products) // rows)
    settings: dict[str, object] = {
        "rows": rows,
        "step": step,
        "year": YEAR,
        "products": len(products),
        "partners": len(countries),
    }
    with duckdb.connect(config={"threads": 1}) as database:
        settings |= {"without": WITHOUT_QUANTITY, "path": str(path).replace("'", "''")}
        database.execute(WRITE.format(**settings), {"countries": countries, "products": products})
    return path


def _products() -> list[str]:
    """List codes of six digits, among them those that the book follows."""
    every = [f"{10_000 + number * 163:06d}" for number in range(PRODUCTS - len(CODES))]
    return sorted({*every, *CODES})
