"""Files that a reader takes away: citations, figures, facts, claims, zips, pictures, PDFs."""
