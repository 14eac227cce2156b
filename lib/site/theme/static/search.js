// Show with each result where its words stand; the texts are in search-texts.js, so nothing is fetched.
"use strict";

(() => {
  const AROUND = 110;
  const query = new URLSearchParams(location.search).get("q") || "";
  const words = query.toLowerCase().split(/[^\p{Letter}\p{Number}]+/u).filter((word) => word.length > 1);

  function excerpt(text, wanted) {
    const lower = text.toLowerCase();
    const found = wanted.map((word) => lower.indexOf(word)).filter((index) => index >= 0);
    const at = found.length ? Math.min(...found) : 0;
    let start = Math.max(0, at - AROUND);
    let end = Math.min(text.length, at + 2 * AROUND);
    while (start > 0 && text[start - 1] !== " ") start -= 1;
    while (end < text.length && text[end] !== " ") end += 1;
    return (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  }

  function marked(text) {
    const paragraph = document.createElement("p");
    paragraph.className = "context";
    if (!words.length) {
      paragraph.textContent = text;
      return paragraph;
    }
    const pattern = new RegExp(`(${words.map((word) => word.replace(/[^\p{Letter}\p{Number}]/gu, "")).join("|")})`, "giu");
    text.split(pattern).forEach((part, index) => {
      const node = index % 2 ? document.createElement("mark") : document.createTextNode(part);
      if (index % 2) node.textContent = part;
      paragraph.append(node);
    });
    return paragraph;
  }

  function complete(item) {
    const link = item.querySelector("a");
    if (!link || item.querySelector(".context")) return;
    const [address, anchor = ""] = link.getAttribute("href").split("#");
    const text = (window.bookTexts || {})[address.split("?")[0].replace(/\.html$/, "")];
    const term = anchor.startsWith("term-") ? [anchor.slice(5).replaceAll("-", " ").toLowerCase()] : words;
    if (text) item.append(marked(excerpt(text, term)));
  }

  const results = document.getElementById("search-results");
  if (results) {
    const completeAll = () => results.querySelectorAll("ul.search > li").forEach(complete);
    new MutationObserver(completeAll).observe(results, { childList: true, subtree: true });
    completeAll();
  }
})();
