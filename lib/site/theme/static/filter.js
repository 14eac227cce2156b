// Narrow a long list of the book, of numbers, figures or references, to the entries that hold all words typed.
"use strict";

(() => {
  const article = document.querySelector(".book-article");
  const heading = article && article.querySelector("h1");
  if (!heading) return;
  const fold = (text) => text.normalize("NFD").replace(/\p{Mark}/gu, "").toLowerCase();
  const entries = [];
  for (const list of article.querySelectorAll(".iv-facts")) {
    for (const first of list.querySelectorAll(":scope > p")) {
      const particulars = first.nextElementSibling;
      entries.push(particulars && particulars.matches("ul") ? [first, particulars] : [first]);
    }
  }
  for (const entry of article.querySelectorAll("ul.iv-list > li, .citation-list > .citation")) entries.push([entry]);
  if (entries.length < 20) return;
  const known = entries.map((parts) => ({ parts, text: fold(parts.map((part) => part.textContent).join(" ")) }));
  const sections = [...article.querySelectorAll("section:has(> .iv-facts, > ul.iv-list)")];

  const form = document.createElement("search");
  const field = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" });
  const count = document.createElement("output");
  form.className = "search-form list-filter";
  field.setAttribute("aria-label", "Show entries with these words");
  field.placeholder = "Filter this list";
  form.append(field, count);
  heading.after(form);

  function narrow() {
    const words = fold(field.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { parts, text } of known) {
      const of = parts[0].closest("section");
      const all = text + (of ? fold(of.querySelector("h1, h2")?.textContent ?? "") : "");
      const fits = words.every((word) => all.includes(word));
      for (const part of parts) part.hidden = !fits;
      shown += fits;
    }
    for (const section of sections) {
      section.hidden = !section.querySelector(":is(.iv-facts > p, ul.iv-list > li):not([hidden])");
    }
    count.textContent = words.length ? `${shown.toLocaleString("en")} of ${known.length.toLocaleString("en")}` : "";
  }
  field.addEventListener("input", narrow);
})();
