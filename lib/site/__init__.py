"""From executed notebooks to a finished site: pages staged, Jupyter Book run, files to take away, all put in place."""
