"""What is written while the pages of a site are staged and made: files that no page is made from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from lib import drawing

Errand = Callable[[], object]
Begin = Callable[[Iterable[Errand]], None]
AT_ONCE = 2


class Background:
    """Errands that run beside whoever has begun them."""

    def __init__(self, pool: ThreadPoolExecutor):
        """Run errands in the threads of `pool`."""
        self._pool = pool
        self._begun: list[Future] = []

    def begin(self, errands: Iterable[Errand]) -> None:
        """Run errands beside what the caller does next."""
        self._begun += [self._pool.submit(errand) for errand in errands]

    def finish(self) -> None:
        """Wait for all that was begun; raises what one of them raised."""
        for errand in self._begun:
            errand.result()


@contextlib.contextmanager
def working() -> Iterator[Background]:
    """Have errands run beside the block, and wait for them at its end; raises what one of them raised.

    Those that have not begun are dropped where the block or another errand fails.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool, drawing.apart(AT_ONCE):
        background = Background(pool)
        try:
            yield background
            background.finish()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def begin_nothing(errands: Iterable[Errand]) -> None:
    """Leave errands undone, for pages that are shown without the files beside them."""
