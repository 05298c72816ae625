"""Matching the children of one incident to their schools: find, compare, decide."""

import json
from collections.abc import Hashable, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cache
from itertools import islice
from typing import cast

from sqlalchemy.orm import Session

from app.core.cipher import Cipher
from app.core.policy import Policy
from schools.matching import rules
from schools.matching.decide import decide
from schools.matching.details import ChildFacts, Decision, Judged, Leads, SchoolFacts
from schools.matching.roll_family import compare_family
from schools.matching.roll_match import posterior
from schools.matching.search import find_leads, school_facts
from schools.queries import confirmed_successor, single_successors


def match_children(
    session: Session, cipher: Cipher, children: Sequence[ChildFacts], *, on: date, policy: Policy,
    judged: Sequence[Sequence[Judged]] = (), found: Sequence[Leads] | None = None,
) -> list[Decision]:  # fmt: skip
    """Return one decision for each child, in order; they are decided as a set.

    `on` is the London date of the incident, `judged` what people said of each child before. The
    same children, words, register, rolls and policy always give the same decisions;
    `input_digest` is keyed, so it says nothing about a child. `found` are the leads of these
    children where the caller looked for many incidents at once (`find_leads`), on the same
    register and rolls.
    """
    said = [tuple(one) for one in judged] or [()] * len(children)
    leads = find_leads(session, cipher, children, on=on) if found is None else found
    leads = _with_answers(session, leads, said, on=on)
    return _decisions(cipher, children, leads, said, on=on, policy=policy)


def match_incidents(
    session: Session, cipher: Cipher, incidents: Sequence[Sequence[ChildFacts]], *, on: date,
    policy: Policy,
) -> list[list[Decision]]:  # fmt: skip
    """Return the decisions of many incidents of one night, as `match_children` of each would be.

    The rolls and the register are asked for all of them at once: some hundred is a good number.
    """
    children = [child for incident in incidents for child in incident]
    nothing: list[tuple[Judged, ...]] = [()] * len(children)
    found = _with_answers(session, find_leads(session, cipher, children, on=on), nothing, on=on)
    leads = iter(found)
    return [
        _decisions(
            cipher, incident, list(islice(leads, len(incident))), nothing[: len(incident)], on=on,
            policy=policy,
        )
        for incident in incidents
    ]  # fmt: skip


def _decisions(
    cipher: Cipher, children: Sequence[ChildFacts], leads: Sequence[Leads],
    said: Sequence[tuple[Judged, ...]], *, on: date, policy: Policy,
) -> list[Decision]:  # fmt: skip
    scores = compare_family([child.identity for child in children], leads)
    digests = input_digests(cipher, children, on=on, policy=policy, judged=said)
    decisions = []
    for child, found, scored, words, digest in zip(
        children, leads, scores, said, digests, strict=True
    ):
        current = [one for one in scored if not one.pupil.left]
        left = [one for one in scored if one.pupil.left]
        decisions.append(
            decide(
                child, found, posterior(current, found.roll_size),
                left=posterior(left, found.roll_size), judged=words, on=on,
                matching=policy.matching, input_digest=digest,
            )
        )  # fmt: skip
    return decisions


def _with_answers(
    session: Session, leads: Sequence[Leads], said: Sequence[Sequence[Judged]], *, on: date
) -> list[Leads]:
    """Add the register rows of schools people spoke of, and which successors are confirmed."""
    spoken_of = school_facts(session, {one.urn for words in said for one in words}, on)
    heirs = _followers(session, [one.urn for one in spoken_of.values() if not one.is_open], on)
    closed = {urn for found in leads for urn in found.successors}
    confirmed = frozenset(urn for urn in closed if confirmed_successor(session, urn) is not None)
    return [
        replace(
            found, schools={**spoken_of, **found.schools}, confirmed=confirmed,
            successors={**heirs, **found.successors},
        )
        for found in leads
    ]  # fmt: skip


def _followers(session: Session, closed: Sequence[int], on: date) -> dict[int, SchoolFacts]:
    """Return the single school that each closed one became."""
    heirs = single_successors(session, closed) if closed else {}
    facts = school_facts(session, set(heirs.values()), on)
    return {urn: facts[heir] for urn, heir in heirs.items() if heir in facts}


def input_digests(
    cipher: Cipher, children: Sequence[ChildFacts], *, on: date, policy: Policy,
    judged: Sequence[Sequence[Judged]] = (),
) -> list[bytes]:  # fmt: skip
    """Return for each child the keyed digest of all that went into its decision."""
    facts = {
        "children": children,
        "judged": judged,
        "on": on.isoformat(),
        "policy": policy.matching.model_dump(mode="json"),
        "rules": rules.RULES_VERSION,
    }
    of_all = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=_plain)
    return [cipher.digest("match", f"{child.identity.ref}|{of_all}") for child in children]


def _plain(value: object) -> object:
    names = _names_of(cast(Hashable, type(value)))
    return {name: getattr(value, name) for name in names} if names else str(value)


@cache
def _names_of(kind: Hashable) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, nothing for any other type."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
