"""`encompass simulate`: many small worlds with faults, held to what must always hold."""

from typing import Annotated

import typer

from app.cli.output import Json, answer


def simulate(
    first: Annotated[int, typer.Option(help="The first seed.", min=0)] = 1,
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1, max=1_000_000)] = 20,
    events: Annotated[int, typer.Option(help="Events in each world.", min=1)] = 200,
    workers: Annotated[int, typer.Option(help="Processes at once.", min=1, max=64)] = 1,
    json: Json = False,
) -> None:
    """Run the service in simulated worlds: crashes, lost answers, providers and clocks that fail.

    Each seed is one world with a database of its own in a scratch folder; the installation's own
    database and mail are not touched. Ends with 1 where anything did not hold, and names the seed.

    Example: encompass simulate --first 1 --seeds 100 --workers 2
    """
    from app.core.errors import Refused
    from app.simulation.run import run_many

    outcomes = run_many(range(first, first + seeds), events=events, workers=workers)
    broken = {str(one.seed): list(one.broken) for one in outcomes if one.broken}
    body = {
        "seeds": len(outcomes),
        "events": sum(one.events for one in outcomes),
        "incidents": sum(one.pushed for one in outcomes),
        "messages": sum(one.messages for one in outcomes),
        "by_notify": sum(one.by_notify for one in outcomes),
        "lives": sum(one.lives for one in outcomes),
        "faults": sum(sum(one.met.values()) for one in outcomes),
        "broken": broken,
    }
    lines = [
        (
            f"{body['seeds']} worlds of {events} events: {body['incidents']} incidents, "
            f"{body['messages']} messages, {body['by_notify']} of them by GOV.UK Notify, "
            f"{body['lives']} lives of a process, {body['faults']} faults met"
        ),
        *(f"seed {seed}: {', '.join(words)}" for seed, words in broken.items()),
    ]
    answer(body, lines if broken else [*lines, "everything held"], as_json=json)
    if broken:
        raise Refused("Something did not hold: run one of these seeds alone and follow its ids.")
