"""The questions `encompass check` asks; each gives one line, and none stops the others."""

import os
import shutil
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, make_url, select, text
from sqlalchemy.orm import Session

from app.access import forces
from app.access.breached import fault_of
from app.access.identity_provider import ProviderFailed
from app.access.models import AccountRole, PoliceClient
from app.access.permissions import Role
from app.cli import force_checks, key_checks, notify_checks, wording_checks
from app.cli.force_checks import State
from app.core import roles, schema
from app.core.clock import require_london, show_moment
from app.core.errors import ServiceError
from app.core.logs import error_kind
from app.core.models import Lease
from app.core.scope import PLATFORM
from app.core.settings import MailSecurity, Settings
from app.wiring import Wiring, build
from notifications.providers import troubles
from notifications.states import Channel
from schools.models import CalendarDay, Establishment, KeyAdult, Status
from schools.register_models import ImportState, RegisterImport
from schools.term_dates import DayKind

_GIB = 1024**3
_MAIL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One answer: what was looked at, how it stands, and what to do where it does not."""

    name: str
    state: State
    text: str


def lines_of(settings: Settings) -> list[Line]:
    """Ask everything; what needs the database is left out where it cannot be reached."""
    found = [_safely("settings", _address, settings), _safely("time zones", _zones)]
    try:
        wiring = build(settings)
    except ServiceError as error:
        return [*found, Line("keys", State.FAIL, error.detail), _safely("disk", _disk, settings)]
    found += [
        _safely("keys", key_checks.keys, settings),
        _safely("key service", key_checks.key_service, settings),
        _safely("mail", _mail, settings),
        _safely("notify", notify_checks.templates, wiring),
        _safely("OpenID", _identity_provider, wiring),
        _safely("passwords", _passwords, settings),
        _safely("disk", _disk, settings), _safely("checkpoints", _checkpoints, settings),
        _safely("database", _database, wiring),
    ]  # fmt: skip
    if found[-1].state is not State.FAIL:
        found.append(_safely("schema", _schema, wiring))
    if found[-1].state is not State.FAIL:
        found += _of_rows(wiring)
    wiring.database.engine.dispose()
    return found


def _of_rows(wiring: Wiring) -> Iterator[Line]:
    now = wiring.clock.now()
    with wiring.database.read(PLATFORM) as session:
        for name, ask in (
            ("clock", _clock), ("bank holidays", _bank_holidays), ("register", _register),
            ("key adults", _key_adults), ("forces", _forces), ("cover", force_checks.cover),
            ("words", wording_checks.words), ("scheduler", _scheduler),
            ("providers", _providers),
        ):  # fmt: skip
            yield _safely(name, ask, session, now)


def _safely(name: str, ask: Callable[..., tuple[State, str]], *facts: Any) -> Line:
    """Turn an answer, or whatever went wrong while asking, into a line."""
    try:
        return Line(name, *ask(*facts))
    except ServiceError as error:
        return Line(name, State.FAIL, error.detail)
    except Exception as error:  # noqa: BLE001 (a check that breaks is a finding, not a crash)
        return Line(name, State.FAIL, f"could not be looked at ({error_kind(error)})")


def _address(settings: Settings) -> tuple[State, str]:
    url = make_url(f"{settings.base_url}")
    if settings.production and url.drivername != "https":
        return State.FAIL, "ENCOMPASS_BASE_URL is not https: put the proxy's address there"
    if url.host not in settings.allowed_hosts:
        return State.FAIL, "ENCOMPASS_ALLOWED_HOSTS lacks the host of ENCOMPASS_BASE_URL: add it"
    if settings.production and settings.on_sqlite:
        return State.WARN, "production on SQLite: one host, no failover"
    return State.OK, f"environment {settings.environment.value}, {settings.base_url}"


def _identity_provider(wiring: Wiring) -> tuple[State, str]:
    provider = wiring.identity_provider
    if provider is None:
        return State.OK, "no OpenID provider is set up for this process: people sign in here alone"
    try:
        provider.make_ready()
    except ProviderFailed:
        return State.WARN, f"{provider.issuer} does not answer as a provider: nobody signs in by it"
    step = "its second step counts" if provider.vouches_for_both_steps else "our code is asked for"
    return State.OK, f"{provider.name} answers; {step}"


def _passwords(settings: Settings) -> tuple[State, str]:
    """Say whether passwords from a breach are refused, as this process is set up."""
    file = settings.breached_passwords_file
    if file is None:
        return State.OK, "the commonest are refused; this process has no list of breached ones"
    fault = fault_of(file)
    if fault is not None:
        return State.FAIL, f"{file} is no such list: {fault}"
    return State.OK, f"those in {file} are refused"


def _zones() -> tuple[State, str]:
    require_london()
    return State.OK, "Europe/London knows summer and winter"


def _mail(settings: Settings) -> tuple[State, str]:
    if settings.channel == Channel.RECORDING:
        state = State.FAIL if settings.production else State.WARN
        return state, "ENCOMPASS_CHANNEL=recording: no alert leaves this machine"
    if Channel.SMTP not in {settings.channel, settings.second_channel}:
        return State.OK, "no mail server of our own is in use"
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        _greet(settings)
    except ssl.SSLCertVerificationError:
        return State.FAIL, f"{where} has no valid certificate: alerts stay here until it has"
    except (smtplib.SMTPException, OSError) as error:
        reason = error_kind(error)
        return State.FAIL, f"{where} does not take mail over TLS ({reason}): ask its operator"
    return State.OK, f"{where} answers with a verified certificate"


def _greet(settings: Settings) -> None:
    """Say hello over verified TLS, and sign in where there is a sign-in; send nothing."""
    context = ssl.create_default_context(cafile=settings.smtp_ca_file)
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security is MailSecurity.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_MAIL_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=_MAIL_SECONDS)
    with server:
        if settings.smtp_security is MailSecurity.STARTTLS:
            server.starttls(context=context)
        server.ehlo()
        if settings.smtp_username and settings.smtp_password:
            server.login(settings.smtp_username, settings.smtp_password.get_secret_value())


def _disk(settings: Settings) -> tuple[State, str]:
    database = make_url(settings.database_url).database if settings.on_sqlite else None
    folder = Path(database or settings.data_dir).absolute()
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    said = f"{free / _GIB:.1f} GiB free at {folder}"
    if free < _GIB:
        return State.FAIL, f"{said}: make room before tonight"
    return (State.WARN if free < 5 * _GIB else State.OK), said


def _checkpoints(settings: Settings) -> tuple[State, str]:
    folder = settings.checkpoint_dir
    if folder is None:
        return State.WARN, (
            "nothing shows a trail that was cut: set ENCOMPASS_CHECKPOINT_DIR to a folder off this "
            "host"
        )
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return State.FAIL, f"{folder} cannot be written: make the folder, or mount it"
    return State.OK, f"kept in {folder}"


def _database(wiring: Wiring) -> tuple[State, str]:
    engine = wiring.database.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            mode = connection.execute(text("PRAGMA journal_mode")).scalar()
            good = mode == "wal"
            return (State.OK if good else State.FAIL), f"SQLite, journal {mode}"
        version = connection.execute(text("SHOW server_version")).scalar()
    found = roles.powers(engine)
    if found.too_strong is not None:
        state = State.FAIL if wiring.settings.production else State.WARN
        return state, f"the role is {found.too_strong}: encompass roles"
    if found.creates:
        return State.WARN, "the role may create tables: encompass roles takes that away"
    return State.OK, f"PostgreSQL {version}, role without special powers"


def _schema(wiring: Wiring) -> tuple[State, str]:
    current, newest = schema.current(wiring.database.engine), schema.newest()
    if current != newest:
        return State.FAIL, f"at {current or 'nothing'}, needs {newest}: encompass migrate"
    return State.OK, f"at {current}"


def _clock(session: Session, now: datetime) -> tuple[State, str]:
    if session.get_bind().dialect.name != "postgresql":
        return State.OK, f"{show_moment(now)} in London"
    apart = abs(session.scalars(select(func.clock_timestamp())).one() - now)
    if apart > timedelta(seconds=2):
        return State.FAIL, f"{apart.total_seconds():.0f} s from the database's: set up NTP on both"
    return State.OK, f"{show_moment(now)} in London, the database agrees"


def _bank_holidays(session: Session, now: datetime) -> tuple[State, str]:
    last = session.scalar(
        select(func.max(CalendarDay.on_date)).where(CalendarDay.kind == DayKind.BANK_HOLIDAY)
    )
    if last is None:
        return State.FAIL, "none known: encompass migrate adds them"
    if last < now.date() + timedelta(days=365):
        return State.WARN, f"known until {last}: install a newer release"
    return State.OK, f"known until {last}"


def _register(session: Session, now: datetime) -> tuple[State, str]:
    count, newest = session.execute(
        select(func.count(), func.max(Establishment.imported_at)).where(
            Establishment.status == Status.OPEN
        )
    ).one()
    if not count:
        return State.FAIL, "empty: encompass register import FILE"
    refused = session.scalars(
        select(RegisterImport)
        .where(RegisterImport.state != ImportState.DRY_RUN)
        .order_by(RegisterImport.at.desc())
        .limit(1)
    ).first()
    if refused is not None and refused.state is ImportState.REFUSED and not refused.accepted_at:
        return State.WARN, f"the newest file was refused ({refused.reason_code}): /register/imports"
    if newest < now - timedelta(days=31):
        return State.WARN, f"{count:,} open, last changed {show_moment(newest)}: import it again"
    return State.OK, f"{count:,} open establishments"


def _key_adults(session: Session, now: datetime) -> tuple[State, str]:
    count, schools = session.execute(
        select(func.count(), func.count(func.distinct(KeyAdult.urn))).where(
            KeyAdult.left_on.is_(None), KeyAdult.training_expires_on >= now.date()
        )
    ).one()
    if not count:
        return State.WARN, "nobody trained yet, every school is rung: encompass key-adults import"
    return State.OK, f"{count:,} trained at {schools:,} schools"


def _forces(session: Session, _now: datetime) -> tuple[State, str]:
    codes = forces.codes(session)
    if not codes:
        return State.FAIL, "none: encompass force add CODE NAME"
    without = [
        f"{code} has no {role.value.replace('_', ' ')}"
        for code in codes
        for role in (Role.FORCE_DESK, Role.REVIEWER, Role.LEAD)
        if not _held(session, code, role)
    ]
    without += [
        f"{code} has no police system"
        for code in codes
        if not session.scalar(
            select(func.count()).where(
                PoliceClient.force == code, PoliceClient.revoked_at.is_(None)
            )
        )
    ]
    if without:
        return State.WARN, f"{'; '.join(without)}: encompass accounts add, encompass clients add"
    return State.OK, f"{len(codes)} with desk, reviewer, lead and a police system"


def _held(session: Session, code: str, role: Role) -> bool:
    holders = select(func.count()).where(
        AccountRole.force == code, AccountRole.role == role, AccountRole.ended_at.is_(None)
    )
    return bool(session.scalar(holders))


def _providers(session: Session, _now: datetime) -> tuple[State, str]:
    left = [f"{one.name.value} ({one.reason_code})" for one in troubles(session)]
    if left:
        return State.WARN, f"left alone: {', '.join(left)}: encompass mail providers"
    return State.OK, "every provider of alerts works, or was not used yet"


def _scheduler(session: Session, now: datetime) -> tuple[State, str]:
    last = session.scalar(select(func.max(Lease.finished_at)))
    if last is None:
        return State.WARN, "no step ever ran: start `encompass scheduler` (or serve, on SQLite)"
    if last < now - timedelta(minutes=5):
        return State.WARN, f"the last step ran {show_moment(last)}: is the scheduler running?"
    return State.OK, f"last step {show_moment(last)}"
