// In a page that others embed: the colours that its address asks for, and how tall it is, for a host that listens.
"use strict";

(() => {
  const theme = new URLSearchParams(location.search).get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (window.parent === window) return;
  const tell = () => window.parent.postMessage({ bookEmbed: Math.ceil(document.documentElement.getBoundingClientRect().height) }, "*");
  document.addEventListener("DOMContentLoaded", () => new ResizeObserver(tell).observe(document.body));
})();
