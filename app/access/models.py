"""Forces, police clients, accounts with their roles, and the ways in which people come in."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ceremonies import Ceremony
from app.access.permissions import Role
from app.core.database import Base
from app.core.languages import Language
from app.core.types import Choice, in_register, one_of


class ClientKind(StrEnum):
    """Whether what a police system pushes is for schools, or is tried out and told to nobody."""

    LIVE = "live"
    TEST = "test"


class Door(StrEnum):
    """The calls of police systems that are counted, each with a limit of its own but the first."""

    TOKEN = "token"  # noqa: S105 (the name of a call, not a secret)
    PUSH = "push"
    BATCH = "batch"
    READ = "read"


class Verdict(StrEnum):
    """What became of a call: taken, or refused and why."""

    TAKEN = "taken"
    OVER_LIMIT = "over_limit"
    WRONG_ADDRESS = "wrong_address"
    WRONG_KIND = "wrong_kind"


class Force(Base):
    """A police force: the tenant and data controller. Not sealed, not scoped."""

    __tablename__ = "force"

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    added_at: Mapped[datetime]
    # From when live systems may be added for it; until then only test systems.
    live_at: Mapped[datetime | None]


class ForceArea(Base):
    """A council whose area a force polices; more than one force may name the same council."""

    __tablename__ = "force_area"

    force: Mapped[str] = mapped_column(ForeignKey("force.code"), primary_key=True)
    council: Mapped[str] = mapped_column(String(3), primary_key=True, index=True)


class PoliceClient(Base):
    """A police system that may push incidents; how it signs in is in `ClientCredential`."""

    __tablename__ = "police_client"
    __table_args__ = (one_of("kind", ClientKind),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    force: Mapped[str] = mapped_column(ForeignKey("force.code"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    # For life: what was tried out with a system must never turn into what schools are told.
    kind: Mapped[ClientKind] = mapped_column(
        Choice(ClientKind), default=ClientKind.LIVE, server_default=ClientKind.LIVE.value
    )
    # The networks it calls from, as CIDR; NULL is any.
    networks: Mapped[list[Any] | None]
    # Calls a minute; NULL is what the product has (`app.access.limits`).
    push_limit: Mapped[int | None]
    batch_limit: Mapped[int | None]
    read_limit: Mapped[int | None]
    # From before migration 0018; nothing reads or writes them any more.
    secret_hash: Mapped[str | None] = mapped_column(String(255))
    public_key: Mapped[dict[str, Any] | None]
    scopes: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class ClientCredential(Base):
    """One way in which a police system signs in: a secret, or the public half of a key it has."""

    __tablename__ = "client_credential"
    __table_args__ = (
        CheckConstraint("(secret_hash IS NULL) <> (public_key IS NULL)", name="one_kind"),
        CheckConstraint("(public_key IS NULL) = (key_id IS NULL)", name="key_and_id"),
        Index("uq_client_credential_key", "client_id", "key_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"), index=True)
    secret_hash: Mapped[str | None] = mapped_column(String(255))
    public_key: Mapped[dict[str, Any] | None]
    # The thumbprint of the key (RFC 7638).
    key_id: Mapped[str | None] = mapped_column(String(64))
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    @property
    def kind(self) -> str:
        """Return `secret` or `key`."""
        return "secret" if self.key_id is None else "key"


class UsedAssertion(Base):
    """A signed statement of a police system that was taken; none is taken twice."""

    __tablename__ = "used_assertion"

    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"), primary_key=True)
    jti_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    keep_until: Mapped[datetime] = mapped_column(index=True)


class ClientUse(Base):
    """How often a police system called at one door in one minute, by what became of it."""

    __tablename__ = "client_use"
    __table_args__ = (one_of("door", Door), one_of("verdict", Verdict))

    client_id: Mapped[UUID] = mapped_column(ForeignKey("police_client.id"), primary_key=True)
    minute_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    door: Mapped[Door] = mapped_column(Choice(Door), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(Choice(Verdict), primary_key=True)
    times: Mapped[int]


class Account(Base):
    """A person who signs in; name and address are sealed, the digest finds the address."""

    __tablename__ = "account"
    __table_args__ = (one_of("language", Language),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("account|{id}"))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    sealed_totp: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=in_register("account_totp|{id}")
    )
    # The last authenticator time step used, so that a code works once.
    totp_step: Mapped[int | None]
    # The two words that this person and the force's desk say to each other on the telephone.
    sealed_spoken_code: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=in_register("account_spoken_code|{id}")
    )
    # What they chose to read the service in; NULL is what the browser was set to, else English.
    language: Mapped[Language | None] = mapped_column(Choice(Language))
    added_at: Mapped[datetime]
    enrolled_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]


class AccountRole(Base):
    """One role of an account in one relation: a school, a force, a council, or the platform."""

    __tablename__ = "account_role"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(
            "(CASE WHEN urn IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN force IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN council IS NULL THEN 0 ELSE 1 END) <= 1",
            name="one_relation",
        ),
        CheckConstraint("role <> 'key_adult' OR urn IS NOT NULL", name="key_adult_has_school"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[Role] = mapped_column(Choice(Role))
    urn: Mapped[int | None] = mapped_column(ForeignKey("establishment.urn"), index=True)
    force: Mapped[str | None] = mapped_column(ForeignKey("force.code"), index=True)
    council: Mapped[str | None] = mapped_column(String(3), index=True)
    granted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RestrictedMember(Base):
    """Somebody of the small group of a force that sees its restricted incidents."""

    __tablename__ = "restricted_member"
    __table_args__ = (
        Index(
            "uq_restricted_member_now", "force", "account_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    force: Mapped[str] = mapped_column(ForeignKey("force.code"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    named_at: Mapped[datetime]
    named_by: Mapped[str] = mapped_column(String(100))
    ended_at: Mapped[datetime | None]


class Enrolment(Base):
    """A one-time link with which an invited person sets a password and an authenticator."""

    __tablename__ = "enrolment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    # The authenticator secret offered on the page, until the first right code proves it.
    sealed_totp: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("enrolment|{id}"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInSession(Base):
    """A signed-in browser; the cookie holds the token, the row only its digest."""

    __tablename__ = "sign_in_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    form_token: Mapped[str] = mapped_column(String(64))
    # The browser in the words of `app.access.browsers.described`, for the list of one's own.
    browser: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime]
    # When the person last proved who they are, after signing in.
    proved_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class KnownBrowser(Base):
    """A browser from which the right password and code of an account came, by its own cookie.

    Until it is let in, nothing comes of them. The row keeps digests of cookie and network address.
    """

    __tablename__ = "known_browser"
    __table_args__ = (
        Index("uq_known_browser", "account_id", "token_digest", unique=True),
        CheckConstraint("let_in_at IS NULL OR shut_out_at IS NULL", name="in_or_out"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    browser: Mapped[str] = mapped_column(String(40))
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    let_in_at: Mapped[datetime | None]
    shut_out_at: Mapped[datetime | None]


class Passkey(Base):
    """A passkey of an account: its public half, and what its authenticator says of itself."""

    __tablename__ = "passkey"
    __table_args__ = (
        CheckConstraint("sign_count >= 0", name="count_from_zero"),
        CheckConstraint("may_be_backed_up OR NOT backed_up", name="backed_up_if_it_may"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    # COSE, as the authenticator gave it.
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    may_be_backed_up: Mapped[bool]
    backed_up: Mapped[bool]
    # The name that its owner gave it.
    sealed: Mapped[bytes] = mapped_column(LargeBinary, info=in_register("passkey|{id}"))
    added_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What an authenticator is asked to sign: once, soon, and for the browser it was made for."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (
        one_of("ceremony", Ceremony),
        CheckConstraint(
            "(ceremony = 'sign_in') = (account_id IS NULL)", name="whose_unless_signing_in"
        ),
    )

    challenge_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ceremony: Mapped[Ceremony] = mapped_column(Choice(Ceremony))
    browser_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    address_digest: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SignInFailure(Base):
    """A refused sign-in, counted by account digest and by address; holds neither in clear."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_key_at", "key_digest", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
