// Derivations of computed numbers: pointing at one, Enter or a first tap opens how it came about.
// They are a script beside the page, which works from disk and loads once the reader moves; without it, or without
// scripts, a number is a plain link.
"use strict";

(() => {
  const held = document.getElementById("iv-derivations");
  if (!held) {
    return;
  }
  const OPEN_AFTER = 200;
  const CLOSE_AFTER = 300;
  const MARGIN = 8;
  const LEAST = 140;

  const box = document.createElement("div");
  box.id = "iv-derivation";
  box.className = "iv-derivation";
  box.lang = "en";
  box.setAttribute("role", "dialog");
  box.tabIndex = -1;
  box.hidden = true;
  document.body.append(box);

  let data = null;
  let loading = null;
  let wanted = null; // the number whose derivation is on its way
  let current = null;
  let timer = 0;
  let pressed = null; // the last press: on which number, by what, and whether it was open then

  function load() {
    loading ||= window.bookScript(held.dataset.src).then(() => {
      data = window.ivDerivations;
    });
    return loading;
  }

  function add(parent, name, text, className) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (className) element.className = className;
    parent.append(element);
    return element;
  }

  function addLink(parent, text, href) {
    const link = add(parent, href ? "a" : "span", text);
    if (href) link.href = href;
  }

  function fill(link, fact) {
    box.replaceChildren();
    box.setAttribute("aria-label", `How ${fact.text} came about`);
    add(box, "p", fact.text, "iv-derivation-head");
    const list = add(box, "dl");
    for (const [name, words] of [
      ["Value", fact.value],
      ["Scope", fact.scope],
      ["Period", fact.period],
      ["Formula", fact.formula],
      ["Quote it", fact.quote],
    ]) {
      if (words) {
        add(list, "dt", name);
        add(list, "dd", words);
      }
    }
    if (fact.rows.length) {
      add(box, "p", "Computed from", "iv-derivation-from");
      const rows = add(box, "ul");
      for (const row of fact.rows) {
        const item = add(rows, "li");
        addLink(item, row.table, data.links.table[row.table]);
        const told = [row.lines, row.edition, row.published && `published ${row.published}`, row.doubt];
        item.append(` ${told.filter(Boolean).join(", ")}`);
        if (row.source) {
          add(item, "br");
          addLink(item, data.titles[row.source], data.links.source[row.source]);
        }
        if (row.cells) {
          const cells = add(item, "ul", "", "iv-derivation-cells");
          cells.setAttribute("aria-label", `Values in ${row.columns}`);
          for (const words of row.cells) add(cells, "li", words);
          if (row.rest) {
            const rest = add(cells, "li", `and ${row.rest.toLocaleString("en")} more in `);
            addLink(rest, row.table, data.links.table[row.table]);
          }
          const many = row.columns.includes(",");
          add(item, "span", `in the ${many ? "columns" : "column"} ${row.columns}`, "iv-derivation-column");
        }
      }
      if (fact.more) {
        add(rows, "li", `and ${fact.more.toLocaleString("en")} more ${fact.more === 1 ? "row" : "rows"}`);
      }
    }
    const last = add(box, "p", "", "iv-derivation-entry");
    const button = add(last, "button", "Copy a quotation", "iv-copy");
    button.type = "button";
    button.addEventListener("click", async () => {
      button.textContent = (await window.bookCopy(quotation(link, fact))) ? "Copied" : "Not copied";
      button.focus();
    });
    last.append(" ");
    addLink(last, data.pages ? "Page of this number" : "The whole entry", home(link, fact));
  }

  // A number of the current edition has a page of its own, of others an entry in the list.
  function home(link, fact) {
    const root = document.documentElement.dataset.content_root;
    return data.pages ? `${root}facts/${fact.id}.html` : link.getAttribute("href");
  }

  // What it is, when, who says so, the book with its day, and where: a sentence to put into a report.
  function quotation(link, fact) {
    const sources = [...new Set(fact.rows.map((row) => row.source && data.titles[row.source]).filter(Boolean))];
    const meaning = [fact.scope, fact.period].filter(Boolean).join(", ");
    const from = sources.length ? ` Source: ${sources.slice(0, 3).join("; ")}${sources.length > 3 ? " and others" : ""}.` : "";
    const page = new URL(home(link, fact), document.baseURI).href;
    return `${fact.text}: ${meaning}.${from} ${data.book}. ${page.startsWith("http") ? page : `Number ${fact.id}`}`;
  }

  // Below the number where there is room, else above it; never wider or higher than the window.
  function place(link) {
    const page = document.documentElement;
    const lines = [...link.getClientRects()];
    const above = lines[0].top - MARGIN;
    const below = page.clientHeight - lines.at(-1).bottom - MARGIN;
    box.style.maxHeight = "";
    const height = box.offsetHeight;
    const down = height <= below || below >= above;
    box.style.maxHeight = `${Math.max(LEAST, down ? below : above)}px`;
    const first = down ? lines.at(-1) : lines[0];
    const left = Math.max(MARGIN, Math.min(first.left, page.clientWidth - box.offsetWidth - MARGIN));
    const top = down ? first.bottom : first.top - box.offsetHeight;
    box.style.left = `${left + window.scrollX}px`;
    box.style.top = `${top + window.scrollY}px`;
  }

  // Rejected where there is nothing to show.
  async function open(link) {
    clearTimeout(timer);
    if (current === link) {
      return;
    }
    close();
    wanted = link;
    await load();
    if (wanted === link) show(link);
  }

  function show(link) {
    fill(link, data.facts[key(link)]);
    current = link;
    box.hidden = false;
    box.scrollTop = 0;
    place(link);
    link.setAttribute("aria-expanded", "true");
  }

  function close() {
    clearTimeout(timer);
    wanted = null;
    if (current) {
      current.setAttribute("aria-expanded", "false");
      current = null;
      box.hidden = true;
    }
  }

  function later(action, wait) {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  }

  function leave(event) {
    if (event.pointerType === "mouse") {
      const held = current && (current === document.activeElement || box.contains(document.activeElement));
      clearTimeout(timer);
      if (!held) later(close, CLOSE_AFTER);
    }
  }

  function key(link) {
    return link.hash.slice(1);
  }

  for (const link of document.querySelectorAll("a.iv-fact")) {
    link.removeAttribute("title"); // the browser would show it over the derivation, which says it too
    link.setAttribute("aria-haspopup", "dialog");
    link.setAttribute("aria-expanded", "false");
    link.setAttribute("aria-controls", box.id);
    link.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") later(() => open(link).catch(() => {}), OPEN_AFTER);
    });
    link.addEventListener("pointerleave", leave);
    link.addEventListener("click", (event) => {
      const firstTap = pressed && pressed.link === link && pressed.touch && !pressed.open;
      const enter = event.detail === 0 && current !== link;
      if (firstTap || enter) {
        event.preventDefault();
        open(link).catch(() => location.assign(link.href));
      }
      pressed = null;
    });
  }

  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("pointerleave", leave);

  document.addEventListener("pointerdown", (event) => {
    const link = event.target.closest("a.iv-fact");
    pressed = { link, touch: event.pointerType !== "mouse", open: Boolean(link) && link === current };
    if (current && link !== current && !box.contains(event.target)) close();
  }, true);

  document.addEventListener("focusout", (event) => {
    const to = event.relatedTarget;
    if (current && (event.target === current || box.contains(event.target)) && to !== current && !box.contains(to)) {
      close();
    }
  });

  document.addEventListener("keydown", (event) => {
    pressed = null;
    if (!current) {
      return;
    }
    const link = current;
    if (event.key === "Escape") {
      if (box.contains(document.activeElement)) link.focus();
      close();
      return;
    }
    if (event.key !== "Tab") {
      return;
    }
    // The pop-up stands at the end of the document; the keyboard finds it right after its number.
    const inside = [...box.querySelectorAll("a[href], button")];
    const at = document.activeElement;
    if (at === link && !event.shiftKey) {
      event.preventDefault();
      inside[0].focus();
    } else if (event.shiftKey && (at === inside[0] || at === box)) {
      event.preventDefault();
      link.focus();
    } else if (!event.shiftKey && at === inside.at(-1)) {
      link.focus(); // and the browser goes on from there
      close();
    }
  });

  window.bookWhenReaderMoves(() => load().catch(() => {}));
  window.addEventListener("resize", () => current && place(current));
  window.addEventListener("pagehide", close);
})();
