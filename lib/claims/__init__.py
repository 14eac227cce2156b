"""Claims as tests: `ledger` judges statements of the press by declared rules, `rules` says how a verdict follows."""

from lib.claims.ledger import (
    Claim,
    Judgement,
    RuleError,
    UnknownClaim,
    claim,
    claims,
    disagreements,
    history_days,
    judge,
    judge_all,
    when_published,
)
from lib.claims.rules import SCALE

__all__ = [
    "SCALE",
    "Claim",
    "Judgement",
    "RuleError",
    "UnknownClaim",
    "claim",
    "claims",
    "disagreements",
    "history_days",
    "judge",
    "judge_all",
    "when_published",
]
