/* A button beside every text that is there to be copied. Without scripts the text can be marked by hand. */
(() => {
  "use strict";

  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  window.bookAddress(document.querySelector(".fact-page") ?? document.createElement("p"), location.href.split("#")[0]);
  for (const element of document.querySelectorAll(":is(.iv-cite, .iv-rerun) [data-copy]")) {
    const button = document.createElement("button");
    const said = document.createElement("span");
    const name = element.closest("details")?.querySelector("summary")?.textContent ?? "command";
    Object.assign(button, { type: "button", className: "iv-copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy ${name}`);
    said.className = "iv-copied";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      if (await window.bookCopy(element.textContent.trim())) {
        said.textContent = "Copied";
      } else {
        select(element);
        said.textContent = "Marked: press Ctrl+C";
      }
      setTimeout(() => (said.textContent = ""), 4000);
    });
    const row = element.parentElement.querySelector(".iv-copy-row") ?? element.parentElement;
    row.append(button, said);
  }
})();
