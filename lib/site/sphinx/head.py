"""What the <head> of a page tells machines: reference managers, search engines, and sites where it is shared.

The second part of the Sphinx extension. Notebooks get `citation_*` tags and links to their citation files, the
cover a schema.org Book, chapters a Chapter, the pages of tables a Dataset; every page gets Open Graph tags.
Absolute addresses stand in them only when `html.baseurl` says where the site is; Sphinx itself then writes the
canonical link.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from sphinx.application import Sphinx

from lib import cite
from lib.site.exports import claims as claims_files
from lib.site.exports import datasets
from lib.site.exports.citation import HEADS
from lib.site.exports.social_card import HEIGHT, WIDTH
from lib.site.pages import languages
from lib.site.sphinx import environment

SCRIPT = "cite.js"
TABLES = "data"
"""The folder of the pages of tables."""
ALTERNATES = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "json": "application/vnd.citationstyles.csl+json",
}
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)" */>\n?')
LONGEST = 300  # characters of a description; what shows it cuts it further
SPDX = "https://spdx.org/licenses/{}.html"


# ------------------------------------------------------------------------------------------- tags


def meta(pairs: Iterable[tuple[str, str]], attribute: str = "name") -> list[str]:
    """Write `<meta>` tags; pairs without a value are left out."""
    return [f'<meta {attribute}="{name}" content="{html.escape(value)}" />' for name, value in pairs if value]


def citation_tags(work: cite.Work, description: str = "") -> list[str]:
    """List the tags that reference managers read, as Highwire Press named them."""
    part = [("citation_inbook_title", cite.book_title())] if work.is_part else []
    return meta(
        [
            ("citation_title", work.title if work.is_part else cite.book_title()),
            *(("citation_author", name) for name in cite.author_names()),
            ("citation_publication_date", cite.released().strftime("%Y/%m/%d")),
            *part,
            ("citation_publisher", "; ".join(cite.author_names())),
            ("citation_language", "en"),
            ("citation_keywords", "; ".join(cite.citation_file().get("keywords", []))),
            ("citation_abstract", description),
            ("citation_public_url", work.url),
            ("citation_fulltext_html_url", work.url),
        ]
    )


def open_graph(
    title: str, description: str, *, kind: str, url: str, image: str, alt: str, locale: str = "en_GB"
) -> list[str]:
    """List Open Graph tags, and the one that asks for a large picture."""
    size = [("og:image:width", str(WIDTH)), ("og:image:height", str(HEIGHT))] if image else []
    pairs = [
        ("og:title", title),
        ("og:description", description),
        ("og:type", kind),
        ("og:url", url),
        ("og:site_name", cite.short_title()),
        ("og:locale", locale),
        ("og:image", image),
        *size,
        ("og:image:alt", alt if image else ""),
    ]
    return [*meta(pairs, "property"), *meta([("twitter:card", "summary_large_image" if image else "summary")])]


def script(content: Mapping) -> str:
    """Write JSON-LD as a script element that no text can end."""
    text = json.dumps({"@context": "https://schema.org", **content}, ensure_ascii=False)
    return f'<script type="application/ld+json">{text.replace("<", chr(92) + "u003c")}</script>'


# ------------------------------------------------------------------------------------------- schema.org


def _common(work: cite.Work, description: str, image: str) -> dict:
    content = {
        "author": datasets.people(),
        "datePublished": cite.released().isoformat(),
        "version": work.edition,
        "inLanguage": "en",
        "isAccessibleForFree": True,
        "license": [SPDX.format(name) for name in cite.licences()],
        "description": description,
        "image": image,
        "url": work.url,
    }
    return {name: value for name, value in content.items() if value}


def book(work: cite.Work, description: str, image: str, chapters: Iterable[tuple[str, str]]) -> dict:
    """Describe the book; `chapters` are titles and addresses in reading order."""
    parts = [
        {"@type": "Chapter", "@id": address, "name": title, "position": number}
        for number, (title, address) in enumerate(chapters, start=1)
    ]
    return {
        "@type": "Book",
        "name": cite.book_title(),
        "keywords": cite.citation_file().get("keywords", []),
        **_common(work, description, image),
        "hasPart": parts,
    }


def chapter(work: cite.Work, description: str, image: str, cover: str, position: int, tables: Iterable[str]) -> dict:
    """Describe a chapter; `cover` and `tables` are the addresses of the book and of what the chapter is based on."""
    based_on = [{"@id": address} for address in tables]
    return {
        "@type": "Chapter",
        "name": work.title,
        "position": position,
        **_common(work, description, image),
        "isPartOf": {"@type": "Book", "@id": cover, "name": cite.book_title(), "author": datasets.people()},
        **({"isBasedOn": based_on} if based_on else {}),
    }


# ------------------------------------------------------------------------------------------- Sphinx


def read_heads(app: Sphinx) -> None:
    """Read what `citation.stage` and `datasets.stage` left."""
    environment.of(app.env).book_heads = _json(Path(app.srcdir) / HEADS)
    environment.of(app.env).book_datasets = _json(Path(app.srcdir) / datasets.FILE)


def _json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def add_head(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Add the tags of a page to those that are there."""
    if doctree is None or app.builder.format != "html":
        return
    described = (environment.of(app.env).book_heads.get(pagename) or {}).get("description")
    if described:
        context["metatags"] = f'<meta name="description" content="{html.escape(shortened(described))}" />\n'
    page = Head(app, pagename, context)
    context["metatags"] = context.get("metatags", "") + "\n".join(page.tags()) + "\n"
    if page.work:
        app.add_js_file(SCRIPT, defer="defer")


def shortened(text: str) -> str:
    """Cut a text after the last word that fits into a description."""
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


class Head:
    """The tags of one page as Sphinx writes it."""

    def __init__(self, app: Sphinx, pagename: str, context: dict):
        self.app, self.pagename, self.pathto = app, pagename, context["pathto"]
        env = environment.of(app.env)
        self.heads = env.book_heads
        self.language = languages.tag(env.book_languages, pagename).replace("-", "_")
        self.url = context.get("pageurl") or ""
        self.title = html.unescape(re.sub(r"<[^>]+>", "", context.get("title", "")))
        match = DESCRIPTION.search(context.get("metatags", ""))
        self.description = html.unescape(match.group(1)) if match else ""
        entry = self.heads.get(pagename)
        self.work = _work(entry["work"]) if entry else None

    def address(self, path: str) -> str:
        """Return the address of a file of the site: absolute where the site has one, else from this page."""
        base = self.app.config.html_baseurl
        return f"{base.rstrip('/')}/{path}" if base else self.pathto(path, 1)

    def page(self, docname: str) -> str:
        """Return the address of another page of the site, as `address` does."""
        return self.address(f"{docname}.html")

    def tags(self) -> list[str]:
        """List all tags of the page."""
        card = (self.heads.get(self.pagename) or self.heads.get(self.app.config.root_doc) or {}).get("card")
        image = self.address(card["path"]) if card else ""
        kind = "article" if self.work and self.work.is_part else "book" if self.work else "website"
        title = self.title if kind != "book" else cite.book_title()
        tags = open_graph(
            title,
            self.description,
            kind=kind,
            url=self.url,
            image=image,
            alt=card["alt"] if card else "",
            locale=self.language or "en_GB",
        )
        if self.work:
            tags += citation_tags(self.work, self.description)
            tags += [
                f'<link rel="alternate describedby" type="{media}" title="Citation" '
                f'href="{self.pathto(f"cite/{self.work.name}.{suffix}", 1)}" />'
                for suffix, media in ALTERNATES.items()
            ]
            tags += self._signposts(self.work)
        structured = self._structured(image)
        reviews = self._reviews()
        return [*tags, *(script(content) for content in (structured, reviews) if content)]

    def _signposts(self, work: cite.Work) -> list[str]:
        """List the links that programs follow from a page: how to cite it, its licence, what it is made from, its type.

        Source of the relations: Signposting the Scholarly Web (signposting.org, FAIR Signposting Profile).
        """
        links = [("license", SPDX.format(name), "") for name in cite.licences()]
        packed = (self.heads.get(self.pagename) or {}).get("zip", work.name)
        links += [("item", self.pathto(f"download/{packed}.zip", 1), "application/zip")]
        links += [("type", f"https://schema.org/{'Chapter' if work.is_part else 'Book'}", "")]
        links += [("cite-as", self.url, "")] if self.url else []
        return [
            f'<link rel="{relation}" {f"type={media!r} " if media else ""}href="{html.escape(address)}" />'
            for relation, address, media in links
        ]

    def _reviews(self) -> dict | None:
        """Describe the claims that the page judges, as schema.org knows them."""
        claims = (self.heads.get(self.pagename) or {}).get("claims")
        if not claims:
            return None
        page, day = self.page(self.pagename), cite.released().isoformat()
        return {"@graph": [claims_files.review(claim, page, datasets.people(), day) for claim in claims]}

    def _structured(self, image: str) -> dict | None:
        """Describe the page as schema.org knows it; None for pages that are neither book, chapter nor data."""
        if self.work and self.work.is_part:
            here = self.heads[self.pagename]
            cover = next((name for name, head in self.heads.items() if not _work(head["work"]).is_part), "index")
            position = self._chapters().index(self.pagename) + 1
            tables = [f"{TABLES}/{name}" for name in here["tables"]]
            addresses = [self.page(name) for name in tables if name in self.app.env.found_docs]
            return chapter(self.work, self.description, image, self.page(cover), position, addresses)
        if self.work:
            listed = [(_work(self.heads[name]["work"]).title, self.page(name)) for name in self._chapters()]
            return book(self.work, self.description, image, listed)
        return self._data()

    def _chapters(self) -> list[str]:
        """List the pages of the chapters in reading order."""
        listed = [name for name, head in self.heads.items() if _work(head["work"]).is_part]
        order = list(self.app.env.toctree_includes.get(self.app.config.root_doc, []))
        return sorted(listed, key=lambda name: order.index(name) if name in order else len(order))

    def _data(self) -> dict | None:
        """Return what was staged of a table, or of all, with the addresses that hold on this page."""
        described = environment.of(self.app.env).book_datasets.get(self.pagename)
        base = self.app.config.html_baseurl
        root = f"{base.rstrip('/')}/" if base else "../" * self.pagename.count("/")
        return json.loads(described.replace(datasets.ROOT, root)) if described else None


def _work(content: Mapping) -> cite.Work:
    days = {name: dt.date.fromisoformat(content[name]) for name in ("as_of", "vintage")}
    return cite.Work(**{**content, **days})


def setup(app: Sphinx) -> None:
    """Register with Sphinx; called by `lib.site.sphinx.extension`."""
    app.connect("builder-inited", read_heads)
    app.connect("html-page-context", add_head, priority=950)
