"""The proof of what a school was shown: a keyed digest of the words, kept beside the message."""

from datetime import date

from app.core import logs
from app.core.cipher import Cipher, SealingKey
from notifications.compose import Content
from notifications.rendered import placed_text

_log = logs.get(__name__)


def rendered_digest(cipher: Cipher, key: SealingKey, content: Content, *, on: date) -> bytes | None:
    """Return the digest of what a reader of that London date is shown, under the content's key.

    `None`, and a line in the log, where it cannot be said in words: that is no reason not to tell
    a child, and it shows as unknown on the timeline.
    """
    try:
        return cipher.digest_with(key, "rendered", placed_text(content, on=on))
    except Exception as error:  # noqa: BLE001 (whatever it is, the child is told)
        _log.error("words not rendered", error=logs.error_kind(error))
        return None
