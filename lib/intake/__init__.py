"""Adding official files to the tables: held against what is known and what is plausible, written in one step."""
