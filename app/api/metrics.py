"""What the process counts, for Prometheus; labels are routes and codes, never an id or a school."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()

requests = Counter(
    "encompass_requests", "Requests answered", ["method", "route", "status"], registry=REGISTRY
)
request_seconds = Histogram(
    "encompass_request_seconds", "Time to answer", ["method", "route"], registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
intake_flush_size = Histogram(
    "encompass_intake_flush_size", "Incidents in one commit", registry=REGISTRY,
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)  # fmt: skip
intake_flush_seconds = Histogram(
    "encompass_intake_flush_seconds", "Time of one commit", registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)  # fmt: skip
intake_refused = Counter(
    "encompass_intake_refused", "Incidents refused because too many waited", registry=REGISTRY
)
intake_uncertain = Counter(
    "encompass_intake_uncertain", "Incidents answered with 503 after a lost commit",
    registry=REGISTRY,
)  # fmt: skip
intake_poison = Counter(
    "encompass_intake_poison", "Incidents that the database refused on their own",
    registry=REGISTRY,
)  # fmt: skip
csp_reports = Counter(
    "encompass_csp_reports", "Reports of browsers that a page broke its content policy",
    ["directive"], registry=REGISTRY,
)  # fmt: skip


def exposition() -> bytes:
    """Return everything in the text format of Prometheus."""
    return generate_latest(REGISTRY)
