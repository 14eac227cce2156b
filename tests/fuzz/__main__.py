"""Fuzz the readers of official files: `python -m tests.fuzz [--seconds 60] [READER ...]`, one process after another.

The exit code is 1 where anything came of a file but rows or a refusal. Such inputs are kept in `_build/fuzz/crashes`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import seeds
from tests.fuzz.targets import Target, targets

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "_build" / "fuzz"
SLOWEST = 10
"""Seconds for one file of less than a megabyte."""
MEMORY = 1536
"""MiB of the whole process."""
PROGRESS = re.compile(r"^#(\d+)\s.*?cov: (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What came of fuzzing one target; `crashes` are the inputs kept."""

    name: str
    runs: int
    seconds: float
    edges: int
    crashes: tuple[str, ...]
    ended_well: bool


def main() -> int:
    known = targets()
    chosen, seconds = _arguments(known)
    for name in ("corpus", "crashes"):
        (PLACE / name).mkdir(parents=True, exist_ok=True)
    seeds.write(known, PLACE / "corpus")
    outcomes = []
    for name in chosen:
        outcomes.append(_fuzz(known[name], seconds))
        print(_line(outcomes[-1]), flush=True)
    _show(outcomes)
    return int(any(outcome.crashes or not outcome.ended_well for outcome in outcomes))


def _arguments(known: dict[str, Target]) -> tuple[list[str], int]:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz the readers of official files.")
    parser.add_argument("--seconds", type=int, default=60, help="for each reader")
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(known))
    given = parser.parse_args()
    chosen = [name for name in known if not given.readers or {name, name.partition(".")[0]} & set(given.readers)]
    if unknown := {name for name in given.readers if not any(name in (k, k.partition(".")[0]) for k in known)}:
        parser.error(f"no such reader: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return chosen, given.seconds


def _fuzz(target: Target, seconds: int) -> Outcome:
    corpus, crashes, log = PLACE / "corpus" / target.name, PLACE / "crashes", PLACE / f"{target.name}.log"
    for kept in crashes.glob(f"{target.name}-*"):  # what was amiss the last time is tried first
        kept.rename(corpus / kept.name)
    longest = max((path.stat().st_size for path in corpus.iterdir()), default=4096)
    options = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}", "-print_final_stats=1"]
    options += [f"-max_len={max(2 * longest, 1 << 18)}", f"-artifact_prefix={crashes}/{target.name}-"]
    command = [sys.executable, "-m", "tests.fuzz.one", target.name, str(corpus), str(crashes), *options]
    started = time.monotonic()
    with log.open("wb") as told:
        done = subprocess.run(command, stderr=told, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "0"})
    spent = time.monotonic() - started
    for left in PLACE.glob("fuzz-*"):
        shutil.rmtree(left, ignore_errors=True)
    text = log.read_text(encoding="utf-8", errors="replace")
    if done.returncode:
        print(f"\n{target.name} ended with {done.returncode}:\n{text[-3000:]}", flush=True)
    progress = PROGRESS.findall(text)
    runs = re.search(r"number_of_executed_units: (\d+)", text)
    new = tuple(sorted(path.name for path in crashes.glob(f"{target.name}-*")))
    number = int(runs[1]) if runs else int(progress[-1][0]) if progress else 0
    return Outcome(target.name, number, spent, int(progress[-1][1]) if progress else 0, new, not done.returncode)


def _line(outcome: Outcome) -> str:
    rate = outcome.runs / outcome.seconds
    crashes = len(outcome.crashes) if outcome.ended_well else max(1, len(outcome.crashes))
    return f"{outcome.name:28}{outcome.runs:>10,}{outcome.seconds:>9.0f}{rate:>9.0f}{outcome.edges:>8}{crashes:>9}"


def _show(outcomes: list[Outcome]) -> None:
    print(f"\n{'reader':28}{'runs':>10}{'seconds':>9}{'runs/s':>9}{'edges':>8}{'crashes':>9}")
    for outcome in outcomes:
        print(_line(outcome))
    print(f"{'all':28}{sum(outcome.runs for outcome in outcomes):>10,}")
    for name in (name for outcome in outcomes for name in outcome.crashes):
        print(f"kept: {(PLACE / 'crashes' / name).relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
