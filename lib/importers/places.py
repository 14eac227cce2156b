"""Countries by the names and codes of publishers, as ISO 3166-1 alpha-3 or one of the book's groups."""

from __future__ import annotations

from functools import lru_cache

NAMES = {
    "burma": "MMR",
    "congo (kinshasa)": "COD",
    "congo (brazzaville)": "COG",
    "korea, republic of": "KOR",
    "korea, north": "PRK",
    "north korea": "PRK",
    "south korea": "KOR",
    "korea": "KOR",
    "st. lucia": "LCA",
    "russia": "RUS",
    "turkey": "TUR",
    "türkiye": "TUR",
    "vietnam": "VNM",
    "laos": "LAO",
    "iran": "IRN",
    "bolivia": "BOL",
    "tanzania": "TZA",
    "venezuela": "VEN",
    "syria": "SYR",
    "moldova": "MDA",
    "macedonia": "MKD",
    "north macedonia": "MKD",
    "taiwan": "TWN",
    "kosovo": "XKX",
    "cote d'ivoire": "CIV",
    "côte d'ivoire": "CIV",
    "côte d’ivoire": "CIV",
    "czech republic": "CZE",
    "united states of america": "USA",
    "soviet union": "SUN",
    "u.s.s.r.": "SUN",
    "hong kong": "HKG",
    "macau": "MAC",
    "other countries": "OTH",
    "other": "OTH",
    "rest of world": "ROW",
    "world": "WLD",
    "world total": "WLD",
    "world total (rounded)": "WLD",
    "total": "WLD",
    "eu27": "EU27",
    "european union": "EU27",
    "korea, south": "KOR",
    "congo, democratic republic of the congo": "COD",
    "democratic republic of congo": "COD",
    "democratic republic of the congo": "COD",
    "congo, republic of the congo": "COG",
    "federal republic of germany": "DEU",
    "turkiye": "TUR",
    "macao": "MAC",
    "brunei": "BRN",
    "cape verde": "CPV",
    "cabo verde": "CPV",
    "curacao": "CUW",
    "sint maarten": "SXM",
    "swaziland": "SWZ",
    "reunion": "REU",
    "falkland islands (islas malvinas)": "FLK",
    "gaza strip administered by israel": "PSE",
    "west bank administered by israel": "PSE",
    "federated states of micronesia": "FSM",
    "sao tome and principe": "STP",
    "st kitts and nevis": "KNA",
    "st lucia": "LCA",
    "st vincent and the grenadines": "VCT",
    "british virgin islands": "VGB",
    "holy see (vatican city)": "VAT",
    "vatican city": "VAT",
    "svalbard, jan mayen island": "SJM",
    "gambia": "GMB",
    "serbia and montenegro": "SCG",
    "netherlands antilles": "ANT",
}
# What UN Comtrade and BACI number in a way of their own; with an underscore, areas that are not specified: 837 bunkers,
# 838 free zones, 839 special categories, 899 areas not elsewhere specified, the others parts of a continent.
M49 = {
    0: "WLD",
    58: "BEL",
    251: "FRA",
    490: "TWN",
    530: "ANT",
    579: "NOR",
    699: "IND",
    711: "ZA1",
    757: "CHE",
    842: "USA",
    891: "SCG",
    97: "EU27",
    280: "DEU",
    527: "_OCE",
    568: "_EUR",
    577: "_AFR",
    636: "_AME",
    736: "SDN",
    810: "SUN",
    837: "_BUN",
    838: "_X2",
    839: "_SPE",
    899: "_NES",
}
# Eurostat: XI and XU are the two parts of the United Kingdom since 2021, XS is Serbia; Q and a letter, areas that are
# not specified or kept secret; XC and XL are Ceuta and Melilla, outside of the customs union.
ISO2 = {
    "EL": "GRC",
    "UK": "GBR",
    "XK": "XKX",
    "EU": "EU27",
    "XI": "GBR",
    "XU": "GBR",
    "XS": "SRB",
    "XC": "_X2",
    "XL": "_X2",
}
UNSPECIFIED = "_NES"


@lru_cache(maxsize=4096)
def by_name(name: str) -> str | None:
    """Return the code for a country's English name, as publishers spell it; None for a name that nobody uses."""
    import pycountry

    wanted = " ".join(name.split()).lower().removesuffix(" (rounded)")
    if wanted in NAMES:
        return NAMES[wanted]
    for country in pycountry.countries:
        spellings = (country.name, getattr(country, "common_name", ""), getattr(country, "official_name", ""))
        if wanted in {spelling.lower() for spelling in spellings if spelling}:
            return country.alpha_3
    return None


@lru_cache(maxsize=1024)
def by_number(code: int) -> str | None:
    """Return the code for a number of UN M49 as UN Comtrade and BACI use it; None for one that is not listed."""
    import pycountry

    if code in M49:
        return M49[code]
    country = pycountry.countries.get(numeric=f"{code:03d}")
    return country.alpha_3 if country else None


@lru_cache(maxsize=512)
def by_letters(code: str) -> str | None:
    """Return the code for two letters, as Eurostat and HMRC use them; None for those that are not listed."""
    import pycountry

    if code in ISO2:
        return ISO2[code]
    if len(code) == 2 and code.startswith("Q") and code != "QA":
        return UNSPECIFIED
    country = pycountry.countries.get(alpha_2=code)
    return country.alpha_3 if country and country.alpha_2 == code else None


@lru_cache(maxsize=512)
def is_code(code: str) -> bool:
    """Tell whether a text is an ISO 3166-1 alpha-3 code, in capital letters."""
    import pycountry

    country = pycountry.countries.get(alpha_3=code)
    return country is not None and country.alpha_3 == code
