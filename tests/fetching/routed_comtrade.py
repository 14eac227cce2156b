"""The process that asks UN Comtrade, with its client led to the address in the first argument.

`comtradeapicall` 1.3 writes the address https://comtradeapi.un.org into its functions, asks with
`urllib3.PoolManager().request`, and waits two minutes for each answer.
"""

from __future__ import annotations

import sys

import urllib3

OFFICIAL = "https://comtradeapi.un.org"
request = urllib3.PoolManager.request


def led_here(self, method, url, **settings):
    assert url.startswith(f"{OFFICIAL}/data/v1/get/"), url
    return request(self, method, sys.argv[1] + url.removeprefix(OFFICIAL), **settings | {"timeout": 0.4})


urllib3.PoolManager.request = led_here

from lib.fetching import comtrade  # noqa: E402

comtrade.main()
