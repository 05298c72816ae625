"""The candidates of a decision with what speaks for each: levels and weights. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schools.matching import rules
from schools.matching.details import CandidateEvidence, Leads, Source
from schools.matching.roll_match import RollCandidate
from schools.matching.told_school import ToldCandidate


@dataclass(frozen=True, slots=True)
class _Said:
    """What one source says for one school."""

    urn: int
    share: float
    source: Source
    fields: Mapping[str, str]
    weights: Mapping[str, float]


def candidate_evidence(
    leads: Leads, told: Sequence[ToldCandidate], roll: Sequence[RollCandidate],
    *, chosen: frozenset[int] = frozenset(),
) -> tuple[CandidateEvidence, ...]:  # fmt: skip
    """Return the open schools worth showing, the chosen first, then by score; at most five."""
    found: dict[int, CandidateEvidence] = {}
    for said in _sayings(leads, told, roll):
        found[said.urn] = _joined(found.get(said.urn), said)
    shown = [one for one in found.values() if one.score >= rules.WORTH_SHOWING or one.urn in chosen]
    shown.sort(key=lambda one: (one.urn not in chosen, -one.score, one.urn))
    return tuple(shown[: rules.MOST_CANDIDATES])


def _sayings(
    leads: Leads, told: Sequence[ToldCandidate], roll: Sequence[RollCandidate]
) -> list[_Said]:
    said = [_Said(one.school.urn, one.share, Source.TOLD, one.fields, one.weights) for one in told]
    for one in roll:
        school = leads.schools.get(one.urn)
        if school is not None and school.is_open:
            fields, weights = one.best.fields, one.best.weights
            said.append(_Said(one.urn, one.share, Source.ROLL, fields, weights))
        elif successor := leads.successors.get(one.urn):
            # Only a roll led here: to a force this is the roll's knowledge, never the officer's.
            said.append(_successor(successor.urn, Source.ROLL))
    if leads.given is not None and leads.given.is_open:
        said.append(_Said(leads.given.urn, 1.0, Source.GIVEN, {"number": "given"}, {}))
    elif leads.given is not None and (heir := leads.successors.get(leads.given.urn)):
        said.append(_successor(heir.urn, Source.SUCCESSOR))
    return said


def _successor(urn: int, source: Source) -> _Said:
    return _Said(urn, rules.SUCCESSOR_SHARE, source, {"number": "successor"}, {})


def _joined(before: CandidateEvidence | None, said: _Said) -> CandidateEvidence:
    weights = {name: round(bits, 3) for name, bits in said.weights.items()}
    fields = {name: str(level) for name, level in said.fields.items()}
    share = min(said.share, 1.0)
    if before is None:
        return CandidateEvidence(said.urn, round(share, 6), said.source, fields, weights)
    both = {before.source, said.source} == {Source.TOLD, Source.ROLL}
    return CandidateEvidence(
        urn=said.urn,
        score=round(1.0 - (1.0 - before.score) * (1.0 - share), 6),
        source=Source.TOLD_AND_ROLL if both else said.source,
        fields={**before.fields, **fields},
        weights={**before.weights, **weights},
    )
