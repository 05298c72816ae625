"""The candidates of a decision with what speaks for each: levels and weights. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from schools.matching import rules
from schools.matching.case import Case
from schools.matching.details import CandidateEvidence, Judged, Leads, Source, Verdict
from schools.matching.roll_match import RollCandidate


@dataclass(frozen=True, slots=True)
class _Said:
    """What one source says for one school."""

    urn: int
    share: float
    source: Source
    fields: Mapping[str, str]
    weights: Mapping[str, float]


def candidates_of(case: Case, *, offered: Collection[int] = ()) -> list[CandidateEvidence]:
    """Return every open school that something speaks for, likeliest first (ties by URN).

    `offered` are schools that the rules put before a person whatever else speaks for them.
    """
    found: dict[int, CandidateEvidence] = {}
    for said in _sayings(case):
        found[said.urn] = _joined(found.get(said.urn), said)
    for urn in sorted(set(offered) - set(found)):
        found[urn] = _joined(None, _successor(urn, Source.SUCCESSOR))
    known = {one.urn: one for one in case.judged}
    everyone = [_remembered(one, known.get(one.urn), case.left) for one in found.values()]
    return sorted(everyone, key=lambda one: (-one.score, one.urn))


def shown(
    candidates: Sequence[CandidateEvidence], *, chosen: frozenset[int] = frozenset()
) -> tuple[CandidateEvidence, ...]:
    """Return the candidates worth showing, the chosen first, then by score; at most five."""
    worth = [one for one in candidates if one.score >= rules.WORTH_SHOWING or one.urn in chosen]
    worth.sort(key=lambda one: (one.urn not in chosen, -one.score, one.urn))
    return tuple(_tidied(one) for one in worth[: rules.MOST_CANDIDATES])


def considered(candidates: Sequence[CandidateEvidence]) -> tuple[tuple[int, float], ...]:
    """Return the likeliest candidates with their scores alone, also those not shown."""
    return tuple((one.urn, one.score) for one in candidates[: rules.MOST_CONSIDERED])


def _sayings(case: Case) -> Iterator[_Said]:
    leads = case.leads
    for told in case.told_found:
        yield _Said(told.school.urn, told.share, Source.TOLD, told.fields, told.weights)
    for one in case.roll:
        yield from _enrolled(leads, one)
    for urn in sorted(case.linked):
        yield _Said(
            urn, rules.LINK_SHARE, Source.LINK, {"link": "confirmed"}, {"link": rules.LINK_BITS}
        )
    if leads.given is not None and leads.given.is_open:
        yield _Said(leads.given.urn, 1.0, Source.GIVEN, {"number": "given"}, {})
    elif leads.given is not None and (heir := leads.successors.get(leads.given.urn)):
        yield _successor(heir.urn, Source.SUCCESSOR)


def _enrolled(leads: Leads, one: RollCandidate) -> Iterator[_Said]:
    """A roll speaks for its school while it is open, then for the one that took it over."""
    school = leads.schools.get(one.urn)
    if school is not None and school.is_open:
        yield _Said(one.urn, one.share, Source.ROLL, one.best.fields, one.best.weights)
    elif (heir := leads.successors.get(one.urn)) and one.urn in leads.confirmed:
        fields = {**one.best.fields, "number": "successor"}
        yield _Said(heir.urn, one.share, Source.ROLL, fields, one.best.weights)
    elif heir is not None:
        # Only a roll led here: to a force this is the roll's knowledge, never the officer's.
        yield _successor(heir.urn, Source.ROLL)


def _successor(urn: int, source: Source) -> _Said:
    return _Said(urn, rules.SUCCESSOR_SHARE, source, {"number": "successor"}, {})


def _remembered(
    one: CandidateEvidence, judged: Judged | None, left: Collection[int]
) -> CandidateEvidence:
    """Return a candidate with what a person said of it before, and whether a roll says it left."""
    notes = {}
    if judged is not None and judged.verdict is not Verdict.UNSURE:
        notes["said"] = f"said_{judged.verdict.value}"
    if one.urn in left:
        notes["enrolment"] = "left"
    if not notes:
        return one
    return CandidateEvidence(one.urn, one.score, one.source, {**one.fields, **notes}, one.weights)


def _joined(before: CandidateEvidence | None, said: _Said) -> CandidateEvidence:
    share = min(said.share, 1.0)
    if before is None:
        return CandidateEvidence(
            said.urn, round(share, 6), said.source, dict(said.fields), dict(said.weights)
        )
    return CandidateEvidence(
        urn=said.urn,
        score=round(1.0 - (1.0 - before.score) * (1.0 - share), 6),
        source=_both(before.source, said.source),
        fields={**before.fields, **said.fields},
        weights={**before.weights, **said.weights},
    )


def _tidied(one: CandidateEvidence) -> CandidateEvidence:
    """Return a candidate as it is kept and shown: plain words, weights in thousandths of a bit.

    Only for the few that are shown: most candidates of a child never are.
    """
    return CandidateEvidence(
        one.urn, one.score, one.source,
        {name: str(level) for name, level in one.fields.items()},
        {name: round(bits, 3) for name, bits in one.weights.items()},
    )  # fmt: skip


def _both(before: str, source: Source) -> str:
    if {before, source} == {Source.TOLD, Source.ROLL}:
        return Source.TOLD_AND_ROLL
    return before if source is Source.LINK else source
