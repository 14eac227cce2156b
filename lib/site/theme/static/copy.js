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
