"""How long builds take, and how much memory, side by side with other ways to do the same: `make bench`.

All is measured in one run on copies of the book in a folder of its own, so that what else the machine does touches all
ways. Only ratios mean anything; nothing is kept.
"""
