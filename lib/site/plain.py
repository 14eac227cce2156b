"""Pages without the frame of the book, from the templates in `theme/plain`."""

from __future__ import annotations

from functools import cache

import jinja2

from lib import cite
from lib.paths import THEME
from lib.site import csp


def page(template: str, /, **given: object) -> str:
    """Return a page from a template; `up` of what is given is the way to the root of the site."""
    return _template(template).render(book=cite.short_title(), policy=csp.POLICY, **given)


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader([THEME / "plain", THEME])
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template(name)
