/* A button beside every text that is there to be copied. Without scripts the text can be marked by hand. */
(() => {
  "use strict";

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(text);
    }
    const field = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
    field.className = "iv-unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) throw new Error("the browser does not let a page copy");
  };

  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };

  for (const element of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    const said = document.createElement("span");
    const name = element.closest("details")?.querySelector("summary")?.textContent ?? "command";
    Object.assign(button, { type: "button", className: "iv-copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy ${name}`);
    said.className = "iv-copied";
    said.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      try {
        await copy(element.textContent.trim());
        said.textContent = "Copied";
      } catch {
        select(element);
        said.textContent = "Marked: press Ctrl+C";
      }
      setTimeout(() => (said.textContent = ""), 4000);
    });
    const row = element.parentElement.querySelector(".iv-copy-row") ?? element.parentElement;
    row.append(button, said);
  }
})();
