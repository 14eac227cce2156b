"""A build killed at random moments leaves a whole site, no process, and nothing in the way of the next one."""

from __future__ import annotations

import os

import pytest

from tests.publish import killing

TIMES, SEED, IN_A_ROW = 12, 11, 6
"""`make kills` kills a hundred times, and builds after each."""


@pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="finds processes by what Linux tells of them")
def test_killed_at_random_moments_a_build_leaves_a_whole_site_and_no_process():
    told = killing.kill(TIMES, SEED, IN_A_ROW)
    assert told.wrong == []
    assert told.killed == TIMES
    assert told.old
    assert told.none
    assert told.old + told.new + told.none == told.killed + told.ended
