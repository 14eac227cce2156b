"""Claims as tests: `ledger` judges statements of the press by declared rules, `rules` says how a verdict follows."""

from lib.claims.ledger import (
    Claim,
    Judgement,
    Ledger,
    RuleError,
    UnknownClaim,
    claim,
    claims,
    disagreements,
    judge,
    judge_all,
    ledger,
    when_published,
)
from lib.claims.rules import SCALE
from lib.claims.tally import Tally

__all__ = [
    "SCALE",
    "Claim",
    "Judgement",
    "Ledger",
    "RuleError",
    "Tally",
    "UnknownClaim",
    "claim",
    "claims",
    "disagreements",
    "judge",
    "judge_all",
    "ledger",
    "when_published",
]
