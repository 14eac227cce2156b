"""What is written while Jupyter Book, a process of its own, makes the pages: files that no page is made from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

Errand = Callable[[], object]
AT_ONCE = 2


@contextlib.contextmanager
def running(errands: Iterable[Errand]) -> Iterator[None]:
    """Run errands beside the block, and wait for them at its end; raises what one of them raised.

    Those that have not begun are dropped where the block or another errand fails.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = [pool.submit(errand) for errand in errands]
        try:
            yield
            for errand in begun:
                errand.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
