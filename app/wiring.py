"""The composition root: everything a process holds, built once from the settings."""

from dataclasses import dataclass, field
from types import MappingProxyType

from app import tables  # noqa: F401 (foreign keys and scopes need every table known)
from app.access.enrolment import link_of
from app.access.identity_provider import IdentityProvider, provider_from
from app.core.audit import Chain
from app.core.cipher import Cipher
from app.core.clock import Clock, SystemClock, require_london
from app.core.database import Database, make_engine
from app.core.key_file import KeyFile, Keys
from app.core.key_service import PATIENCE, service_from
from app.core.settings import Settings
from notifications.addressing import Resolvers
from notifications.channels.base import AlertChannel
from notifications.channels.registry import channels_from
from notifications.states import Medium
from schools.contact_codes import code_of

# What fills in the alerts that hold more than the way to the sign-in page, by what they are about
# (`code:<id>`, `invitation:<id>`): see `notifications.attempts.Resolver`.
RESOLVERS: Resolvers = MappingProxyType({"invitation": link_of, "code": code_of})


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every process is handed; a demonstration or a test puts its own clock or channel in."""

    settings: Settings
    clock: Clock
    cipher: Cipher
    chain: Chain
    database: Database
    # In the order they are tried: e-mail first, then text. None where this process sends nothing.
    channels: tuple[AlertChannel, ...]
    resolvers: Resolvers = field(default_factory=lambda: RESOLVERS)
    # By whom people may sign in beside us; None where nobody set it up.
    identity_provider: IdentityProvider | None = None

    @property
    def channel(self) -> AlertChannel:
        """The provider of e-mail that is tried first."""
        return self.channels[0]

    @property
    def texts(self) -> bool:
        """Whether this installation sends text messages, be it from another process."""
        if not self.channels:
            return self.settings.text_channel is not None
        return any(channel.medium is Medium.TEXT for channel in self.channels)


def build(
    settings: Settings, *, clock: Clock | None = None, sends: bool = True, patient: bool = False
) -> Wiring:
    """Build the wiring of a process; raise `Refused` without keys or without London's clock.

    One that `sends` nothing needs no mail account and no key of a provider, and has none. `patient`
    waits a minute for a key service that is down: for what serves, not for who looks on.
    """
    require_london()
    clock = clock or SystemClock()
    keys = _key_file(settings, patient=patient)
    cipher = Cipher(keys.current(), keys.current)
    chain = Chain(cipher.audit_key())
    engine = make_engine(settings.database_url, pool_size=settings.pool_size)
    return Wiring(
        settings=settings,
        clock=clock,
        cipher=cipher,
        chain=chain,
        database=Database(engine, before_commit=chain.write),
        channels=channels_from(settings, cipher, clock) if sends else (),
        identity_provider=provider_from(settings, clock),
    )


def _key_file(settings: Settings, *, patient: bool) -> KeyFile:
    """Return the file of keys; only demonstrations and tests make their own where there is none."""
    service = service_from(settings)
    if not settings.production and not settings.key_path.exists():
        Keys.generate().save(settings.key_path, service)
    return KeyFile(settings.key_path, service, patience=PATIENCE if patient else ())
