"""Matching the children of one incident to their schools: find, compare, decide."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.policy import Policy
from schools.matching import rules
from schools.matching.decide import decide
from schools.matching.details import ChildFacts, Decision, Leads
from schools.matching.roll_match import PupilScore, compare, posterior, without_shared
from schools.matching.search import find_leads


def match_children(
    session: Session, cipher: Cipher, children: Sequence[ChildFacts], *, on: date, policy: Policy
) -> list[Decision]:
    """Return one decision for each child, in order; they are decided as a set.

    `on` is the London date of the incident. The same children, register, rolls and policy always
    give the same decisions; `input_digest` is keyed, so it says nothing about a child.
    """
    leads = find_leads(session, cipher, children, on=on)
    scores = without_shared([_scores(*pair) for pair in zip(children, leads, strict=True)])
    decisions = []
    for child, found, scored in zip(children, leads, scores, strict=True):
        current = [one for one in scored if not one.pupil.left]
        left = [one for one in scored if one.pupil.left]
        decisions.append(
            decide(
                child, found, posterior(current, found.roll_size),
                left=posterior(left, found.roll_size), on=on, matching=policy.matching,
                input_digest=input_digest(cipher, child, children, on=on, policy=policy),
            )
        )  # fmt: skip
    return decisions


def _scores(child: ChildFacts, leads: Leads) -> list[PupilScore]:
    compared = (compare(child.identity, pupil) for pupil in leads.pupils)
    return [score for score in compared if score is not None]


def input_digest(
    cipher: Cipher, child: ChildFacts, children: Sequence[ChildFacts], *, on: date, policy: Policy
) -> bytes:
    """Return the keyed digest of all that went into one child's decision."""
    facts = {
        "child": child.identity.ref,
        "children": [asdict(one) for one in children],
        "on": on.isoformat(),
        "policy": policy.matching.model_dump(mode="json"),
        "rules": rules.RULES_VERSION,
    }
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return cipher.digest("match", canonical)
