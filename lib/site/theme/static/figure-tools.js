// The toolbars of figures: buttons that copy, with a word of what happened; Escape or a click elsewhere closes.
// Without this script the same files are links, and what can be copied is text on the page.
(function () {
  "use strict";

  const root = document.documentElement.dataset.content_root || "./";
  const status = document.createElement("div");
  status.className = "iv-unseen";
  status.setAttribute("role", "status");

  function absolute(address) {
    return new URL(address, document.baseURI).href;
  }

  function embedCode(part, title) {
    const frame = document.createElement("iframe");
    frame.setAttribute("src", absolute(part.querySelector("a").getAttribute("href")));
    frame.setAttribute("title", title);
    frame.setAttribute("width", "100%");
    frame.setAttribute("height", part.dataset.height);
    frame.setAttribute("style", "border:0");
    frame.setAttribute("loading", "lazy");
    // Without this script the frame has the height that its figure needs where it is tallest.
    const fit = document.createElement("script");
    fit.setAttribute("src", absolute(root + "_static/embed-host.js"));
    fit.setAttribute("defer", "");
    return `${frame.outerHTML}\n${fit.outerHTML}`;
  }

  function text(part, title) {
    if (part.dataset.copy === "embed code") return embedCode(part, title);
    if (part.dataset.copy === "link") return absolute(part.querySelector("a").getAttribute("href"));
    return part.textContent.trim();
  }

  function addButton(part, title) {
    const what = part.dataset.copy;
    const button = document.createElement("button");
    let waiting = 0;
    button.type = "button";
    button.className = "iv-copy";
    button.textContent = "Copy " + what;
    button.addEventListener("click", async function () {
      const done = await window.bookCopy(text(part, title));
      button.focus();
      button.textContent = done ? "Copied" : "Not copied: select the text";
      status.textContent = done ? what.charAt(0).toUpperCase() + what.slice(1) + " copied" : "Could not copy";
      clearTimeout(waiting);
      waiting = setTimeout(function () {
        button.textContent = "Copy " + what;
        status.textContent = "";
      }, 2500);
    });
    part.after(button);
  }

  function begin() {
    const tools = Array.from(document.querySelectorAll(".iv-tools"));
    if (!tools.length) return;
    document.body.append(status);
    tools.forEach(function (tool) {
      const figure = tool.closest(".iv-figure");
      const link = tool.querySelector("a.iv-address");
      const address = link ? absolute(link.getAttribute("href")) : "";
      if (/^https?:/.test(address)) {
        // The built files cannot know where the site stands; a path of this computer is no address for others.
        tool.querySelectorAll(".iv-address").forEach(function (place) {
          if (!/^https?:/.test(place.textContent)) place.textContent = address;
        });
        window.bookAddress(tool, address);
      }
      tool.querySelectorAll("[data-copy]").forEach((part) => addButton(part, figure.dataset.title || ""));
      const all = Array.from(tool.querySelectorAll("details"));
      all.forEach(function (details) {
        details.addEventListener("toggle", function () {
          // Browsers that know details[name] do this themselves.
          if (details.open) all.forEach((other) => other !== details && other.removeAttribute("open"));
        });
      });
      tool.addEventListener("keydown", function (event) {
        const open = all.find((details) => details.open);
        if (event.key !== "Escape" || !open) return;
        open.removeAttribute("open");
        open.querySelector("summary").focus();
        event.stopPropagation();
      });
    });
    document.addEventListener("click", function (event) {
      document.querySelectorAll(".iv-tools > details[open]").forEach(function (details) {
        if (!details.contains(event.target)) details.removeAttribute("open");
      });
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
