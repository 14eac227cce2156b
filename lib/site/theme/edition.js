// Links from one edition to another lead to the section that is being read here: in the banner, and in the header.
(() => {
  "use strict";

  const links = document.querySelectorAll(".iv-edition a[data-same-place], .iv-switch a[data-same-place]");
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

  for (const link of links) {
    const page = link.getAttribute("href");
    const kinds = link.closest(".iv-switch") ? "article section[id]" : "article [id]:is(section, figure)";
    const lead = () => {
      const id = place(kinds);
      link.setAttribute("href", id ? `${page}#${encodeURIComponent(id)}` : page);
    };
    for (const event of ["pointerenter", "pointerdown", "focus", "contextmenu", "click"]) {
      link.addEventListener(event, lead);
    }
  }

  const list = document.querySelector(".iv-switch details");
  if (!list) return;
  const close = (event) => {
    if (list.open && !list.contains(event.target)) list.open = false;
  };
  document.addEventListener("pointerdown", close);
  document.addEventListener("focusin", close);
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !list.open) return;
    list.open = false;
    list.querySelector("summary").focus();
  });
})();
