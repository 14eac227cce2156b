"""UN Comtrade through its own client, `comtradeapicall`: one heading and year at a time, as CSV.

The client prints what goes wrong, with the key in it, and returns nothing; it has no bound on time or size. So it runs
in a process of its own, which is given the key on its standard input and ended when the time is over, and its words
are passed on without the key.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

from lib.fetching import whole
from lib.fetching.errors import FetchError, innermost, plain, without
from lib.fetching.feeds import Feed
from lib.fetching.transport import Limits, Line, Patience
from lib.paths import CHECKOUT

COMMAND = (sys.executable, "-m", "lib.fetching.comtrade")
PREVIEW = "without a key UN Comtrade returns at most 500 rows, so the answer would be incomplete"
TOTALS = {"partner2Code": "0", "customsCode": "C00", "motCode": "0"}
"""Without these, rows by second partner, procedure and transport come with the totals that they add up to."""
MEMORY = 4 << 30


def key_of(feed: Feed, environ: Mapping[str, str]) -> str:
    """Read the key from the environment. Raises FetchError, which says where to get one."""
    key = environ.get(feed.key, "").strip()
    if not key:
        what = f"{feed.key} is not set; {PREVIEW}"
        raise FetchError(what, f"get a key at {feed.where}, and set it in the environment", feed=feed.id)
    return key


def bring(feed: Feed, filling: Mapping[str, str], path: Path, line: Line, key: str) -> int:
    """Write the rows of one heading and year to `path`, and return how many: 0 (and no file) where there are none yet.

    Raises FetchError, also where as many rows came as one answer can hold.
    """
    asked = f"{feed.address}?cmdCode={filling['code']}&period={filling['year']}"
    question = {"key": key, "path": str(path), "limits": dataclasses.asdict(line.limits)} | dict(filling)
    try:
        done = subprocess.run(
            COMMAND,
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=line.limits.total,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")])),
            },
        )
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise line.error(f"not complete after {line.limits.total:g} s", "try again later", asked) from None
    except ValueError:
        words = without(done.stderr, key).strip().splitlines()
        reason = plain(words[-1]) if words else f"exit code {done.returncode}"
        raise line.error(f"the client of UN Comtrade failed: {reason}", "try again later", asked) from None
    if "problem" in answer:
        raise _problem(feed, line, plain(innermost(answer["problem"]), key), asked)
    if answer["rows"] >= feed.largest_rows or whole.at_limit(answer["rows"], whole.MOST_OF_COMTRADE):
        what = f"{answer['rows']:,} rows came, the most that one answer can contain, so the rest is missing"
        raise line.error(what, "ask for fewer headings in one file: shorten `each` in feeds.yml", asked)
    return answer["rows"]


def _problem(feed: Feed, line: Line, words: str, asked: str) -> FetchError:
    """Build the error for what the client printed."""
    lower = words.lower()
    if "subscription key" in lower or '"statuscode": 401' in lower:
        remedy = f"check {feed.key}: copy it again from {feed.where}"
    elif "quota" in lower or "rate limit" in lower:
        remedy = "the key has no calls left: wait as long as the answer says, then try again"
    else:
        remedy = "try again later"
    return line.error(f"UN Comtrade answers: {words}", remedy, asked)


# ------------------------------------------------------------------------------------------- the process of its own


def main() -> None:
    """Read a question from the standard input, write its rows to its file, and print `{"rows"}` or `{"problem"}`."""
    _bound_memory()
    question = json.load(sys.stdin)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        answer = _answered(question, printed)
    print(json.dumps(answer))


def _answered(question: Mapping, printed: io.StringIO) -> dict:
    import comtradeapicall
    from comtradeapicall import PreviewGet
    from urllib3.util.retry import Retry

    signs: list[str] = []

    def read(text: bytes) -> object:
        content = json.loads(text)
        signs.append(whole.cut(content))
        return content

    # The client keeps the rows of an answer and drops what it says of them: how many there are, and errors.
    PreviewGet.json = SimpleNamespace(loads=read)

    limits = Limits(**question["limits"])
    # What the client's urllib3 does by itself: never follow, since the key is in the address.
    Retry.DEFAULT = Patience.within(limits, time.monotonic() + limits.total, redirect=0)
    try:
        frame = comtradeapicall.getFinalData(
            question["key"],
            typeCode="C",
            freqCode="A",
            clCode="HS",
            period=question["year"],
            cmdCode=question["code"],
            flowCode="M,X",
            reporterCode=None,
            partnerCode=None,
            **TOTALS,
            includeDesc=True,
        )
    except json.JSONDecodeError:
        return {"problem": "not JSON, or JSON that was cut off"}
    except (KeyError, TypeError):
        return {"problem": "an answer without data"}
    except Exception as error:  # the client wraps nothing
        return {"problem": f"{type(error).__name__}: {error}"}
    if cut := next(filter(None, signs), ""):
        return {"problem": f"an answer that is not whole: {cut}"}
    if frame is None:
        return {"problem": printed.getvalue() or "nothing"}
    if len(frame):
        frame.to_csv(question["path"], index=False, lineterminator="\n")
    return {"rows": len(frame)}


def _bound_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
