"""From notebooks to the site: plan, execute, collect records, build, and look at it in a browser."""
