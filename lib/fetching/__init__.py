"""Getting the newest official files from their publishers: `feeds.yml` says which, `fetch.fetch` gets them.

    fetch       what a user calls: all feeds or some, one event for each file
    feeds       the declared feeds, and the addresses that come of their parameters
    sciencebase, comtrade    publishers whose files have no address of their own
    transport   one address to one file: retries, bounds, redirects, hashes
    content     whether what came is what was asked for
    kept        the record beside each file: address, day, hash, what the server said of its date
    request     the text of a request to change the data, from what was fetched and added

This file imports nothing, so that `python -m lib.fetching.request` runs without any package.
"""
