// The page of an author who has it open beside the editor: it loads itself again when it was made anew, and shows what
// went wrong when it was not. The place in the page stays.
(() => {
  "use strict";

  const box = document.createElement("dialog");
  box.className = "iv-failed";
  const text = document.createElement("pre");
  box.append(text);
  document.body.append(box);

  const told = new EventSource("/_live");
  told.addEventListener("made", () => location.reload());
  told.addEventListener("working", () => (document.documentElement.dataset.working = ""));
  told.addEventListener("failed", (event) => {
    delete document.documentElement.dataset.working;
    text.textContent = JSON.parse(event.data);
    if (!box.open) box.show();
  });
})();
