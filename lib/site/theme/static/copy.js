// Copy a text for the other scripts of a page; false where the browser does not let it.
"use strict";

window.bookCopy = async (text) => {
  try {
    await navigator.clipboard.writeText(text); // which is not there on plain http, and which a browser may refuse
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "iv-unseen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
};

// The built files cannot know where the site stands; a path of this computer is no address for others.
window.bookAddress = (within, address) => {
  if (!/^https?:/.test(address)) return;
  for (const part of within.querySelectorAll("[data-without-address]")) {
    const text = part.textContent.trim();
    part.textContent = text.endsWith("\n}") ? `${text.slice(0, -2)},\n    url = "${address}"\n}` : `${text} ${address}`;
  }
};
