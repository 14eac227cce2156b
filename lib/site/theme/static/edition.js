// The ways out of a page that are known only once the whole site is in place, from directory.js: to the other editions,
// where they lead to the section that is being read here, and to the PDF. Without scripts editions.html lists them.
(() => {
  "use strict";

  const { content_root: here, page: name, edition: day } = document.documentElement.dataset;
  const root = here + (day ? "../../" : "");
  const { editions = [], pdf = {} } = window.bookDirectory || {};
  const banner = document.querySelector(".iv-edition");

  // What the address names, while it can be seen; else the innermost part at the top of the view: a section or, where
  // the way is to the current edition, a figure. Other editions may lack a figure, but their sections are the same.
  const place = (kinds) => {
    const named = decodeURIComponent(location.hash.slice(1));
    const box = named && document.getElementById(named)?.getBoundingClientRect();
    if (box && box.bottom > 0 && box.top < innerHeight && document.getElementById(named).matches(kinds)) return named;
    const line = (banner?.getBoundingClientRect().bottom ?? 0) + innerHeight / 4;
    const parts = [...document.querySelectorAll(kinds)].filter((part) => {
      const { top, bottom } = part.getBoundingClientRect();
      return !part.querySelector("h1") && top <= line && bottom > line;
    });
    return parts.at(-1)?.id ?? "";
  };

  const leadToTheSamePlace = (link) => {
    const page = link.getAttribute("href");
    const kinds = link.closest(".iv-switch") ? "article section[id]" : "article [id]:is(section, figure)";
    const lead = () => {
      const id = place(kinds);
      link.setAttribute("href", id ? `${page}#${encodeURIComponent(id)}` : page);
    };
    for (const event of ["pointerenter", "pointerdown", "focus", "contextmenu", "click"]) {
      link.addEventListener(event, lead);
    }
  };

  const element = (tag, content, attributes = {}) => {
    const made = document.createElement(tag);
    made.append(...[content].flat());
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const entry = (edition) => {
    if (edition.day === day) return element("li", element("span", edition.called, { "aria-current": "true" }));
    const folder = root + (edition.day ? `editions/${edition.day}/` : "");
    const same = !edition.lacks.includes(name);
    const link = element("a", edition.called + (same ? "" : " (cover)"), {
      href: folder + (same ? `${name}.html` : "index.html"),
      ...(same ? { "data-same-place": "" } : {}),
    });
    return element("li", link);
  };

  const makeMenu = (nav) => {
    const called = editions.find((edition) => edition.day === day)?.called ?? "";
    const summary = element("summary", [element("span", "Edition: "), called]);
    const list = element("details", [summary, element("ul", editions.map(entry))]);
    nav.replaceChildren(list);
    const close = (event) => {
      if (list.open && !list.contains(event.target)) list.open = false;
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("focusin", close);
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !list.open) return;
      list.open = false;
      summary.focus();
    });
  };

  const nav = document.querySelector(".iv-switch");
  if (nav && editions.length > 1) makeMenu(nav);
  else nav?.remove();

  const dated = document.querySelector(".iv-dated");
  if (dated && !day && name in pdf) {
    const words = name === "index" ? "The book as PDF" : "PDF";
    dated.append(" ", element("a", words, { class: "iv-pdf", href: root + pdf[name] }));
  }

  document.querySelectorAll("[data-same-place]").forEach(leadToTheSamePlace);
})();
