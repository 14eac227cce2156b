"""The pages that no person wrote: facts, data, changes, status."""
