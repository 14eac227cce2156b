// Read by Sphinx's search before it begins: the pages of the book do not mark the words that were searched for.
"use strict";

window.SPHINX_HIGHLIGHT_ENABLED = false;
