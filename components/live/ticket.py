"""Tickets: who may look at which comparison, signed by this process.

The page that may show a comparison puts a ticket into the component's data; the socket takes nothing else. A
ticket names one comparison and one browser session, and ends by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from components.live.hub import process_secret

LIFETIME = 12 * 3600
"""Seconds. The page renews a ticket when half of that is over."""

_SALT = "bedrock-playground-live-view"


class TicketRefused(Exception):
    """The ticket is missing, forged, for something else, or too old."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a valid ticket says."""

    comparison_id: str
    """The one comparison it opens."""
    session_id: str
    """The Streamlit session it was made for."""


def issue_ticket(comparison_id: str, session_id: str) -> str:
    """Return a ticket that opens one comparison for one session."""
    return _serializer().dumps([comparison_id, session_id])


def check_ticket(text: object, *, lifetime: int = LIFETIME) -> Ticket:
    """Return what the ticket says.

    Raises:
        TicketRefused: It is not one of ours, or too old; the message says which.
    """
    if not isinstance(text, str):
        raise TicketRefused("There is no ticket.")
    try:
        comparison_id, session_id = _serializer().loads(text, max_age=lifetime)
    except SignatureExpired:
        raise TicketRefused("The ticket is too old.") from None
    except (BadSignature, ValueError, TypeError):
        raise TicketRefused("The ticket is not valid.") from None
    return Ticket(comparison_id=comparison_id, session_id=session_id)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(process_secret(), salt=_SALT)
