// On a past edition: the link on top leads to the section of the current one that is being read here.
(() => {
  "use strict";

  const banner = document.querySelector(".iv-edition");
  const link = banner?.querySelector("a[data-same-place]");
  if (!link) return;
  const page = link.getAttribute("href");

  // What the address names, while it can be seen; else the innermost section or figure at the top of the view.
  const place = () => {
    const named = decodeURIComponent(location.hash.slice(1));
    const box = named && document.getElementById(named)?.getBoundingClientRect();
    if (box && box.bottom > 0 && box.top < innerHeight) return named;
    const line = banner.getBoundingClientRect().bottom + innerHeight / 4;
    const parts = [...document.querySelectorAll("article section[id], article figure[id]")].filter((part) => {
      const { top, bottom } = part.getBoundingClientRect();
      return !part.querySelector("h1") && top <= line && bottom > line;
    });
    return parts.at(-1)?.id ?? "";
  };

  const lead = () => {
    const id = place();
    link.setAttribute("href", id ? `${page}#${encodeURIComponent(id)}` : page);
  };

  for (const event of ["pointerenter", "pointerdown", "focus", "contextmenu", "click"]) {
    link.addEventListener(event, lead);
  }
})();
