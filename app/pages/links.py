"""Which pages a person's roles lead to; the first is where the day starts."""

from dataclasses import dataclass

from app.access.permissions import Action, Actor, Relation, Role, may, may_at_all


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation; `under` is what the addresses of its pages begin with."""

    text: str
    href: str
    under: tuple[str, ...]


_PAGES = (
    (Action.SEE_INBOX, Link("Messages", "/inbox", ("/inbox", "/notifications"))),
    (Action.SEE_BOARD, Link("This morning", "/morning", ("/morning",))),
    (Action.SEE_REVIEWS, Link("Schools to settle", "/review", ("/review",))),
    (Action.SEE_REPORTS, Link("Reports", "/reports", ("/reports",))),
    (Action.SEE_NATIONAL, Link("All forces", "/reports/national", ("/reports/national",))),
    (Action.READ_AUDIT, Link("Audit trail", "/audit", ("/audit", "/timeline"))),
    (Action.SEE_REGISTER, Link("Register", "/register", ("/register",))),
)
_ACCOUNT = Link("Account", "/account", ("/account",))

ROLES = {
    Role.FORCE_DESK: "force desk",
    Role.REVIEWER: "reviewer",
    Role.LEAD: "lead",
    Role.COUNCIL_OFFICER: "council officer",
    Role.KEY_ADULT: "key adult",
    Role.REGISTER_ADMIN: "register administrator",
    Role.AUDITOR: "auditor",
    Role.PLATFORM_ADMIN: "platform administrator",
}


def links_of(actor: Actor) -> tuple[Link, ...]:
    """Return the pages this person may use, the own account last."""
    return (*(link for action, link in _PAGES if _leads_on(actor, action)), _ACCOUNT)


def _leads_on(actor: Actor, action: Action) -> bool:
    """Return whether the page has something for them: a morning is a force's, never a council's."""
    if action is Action.SEE_BOARD:
        return any(may(actor, action, Relation(force=one)) for one in actor.forces(*Role))
    return may_at_all(actor, action)
