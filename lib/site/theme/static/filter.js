// Narrow a long list of the book, of numbers, figures or references, to the entries that hold all words typed.
"use strict";

(() => {
  const article = document.querySelector(".book-article");
  const heading = article && article.querySelector("h1");
  if (!heading) return;
  const fold = (text) => text.normalize("NFD").replace(/\p{Mark}/gu, "").toLowerCase();
  const lists = ".iv-facts > p, ul.iv-list > li, .citation-list > .citation";
  if (article.querySelectorAll(lists).length < 20) return;
  const partsOf = (entry) => {
    const particulars = entry.matches("p") ? entry.nextElementSibling : null;
    return particulars && particulars.matches("ul") ? [entry, particulars] : [entry];
  };
  let sections = [], known = []; // with the words of each entry; read once they are asked for
  const read = () => {
    sections = [...article.querySelectorAll("section:has(> .iv-facts, > ul.iv-list)")];
    known = [...article.querySelectorAll(lists)].map(partsOf).map((parts) => {
      return { parts, text: fold(parts.map((part) => part.textContent).join(" ")) };
    });
  };

  const form = document.createElement("search");
  const field = Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" });
  const count = document.createElement("output");
  form.className = "search-form list-filter";
  field.setAttribute("aria-label", "Show entries with these words");
  field.placeholder = "Filter this list";
  form.append(field, count);
  heading.after(form);

  function narrow() {
    if (!known.length) read();
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
