"""Pages in other languages: gettext catalogues, values put into a language, and the text of a translated page."""
