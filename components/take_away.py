"""Take it away: a request as code, infrastructure or configuration, and the permission that it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from bedrock_playground.catalog.regions import REGIONS
from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.connection import DEFAULT_REGION, Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.presets.exports import FORMATS, CannotExport, Exported, Format, Source, export
from components.take_away_iam import policy_tab
from components.take_away_prompt import create_in_account
from components.words import plain

_OPEN = "taken_away"
_FORMAT = "take_away_format"
_SHOWN_BYTES = 60_000
"""More of a file than this is downloaded, not shown: base64 of megabytes would stop the browser."""
_GROUPS = {
    "code": "Code",
    "framework": "Framework",
    "infrastructure": "Infrastructure",
    "configuration": "Configuration",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A request that can be taken away."""

    label: str
    """What it is called where there are several."""
    request: InvocationRequest
    """The request object itself."""


def open_take_away(which: str) -> None:
    """Open the dialog with the next rerun.

    Args:
        which: What it is for: a lane's letter, or ``history``.
    """
    st.session_state[_OPEN] = which


def take_away_shown() -> str | None:
    """What is being taken away, if anything is."""
    which: str | None = st.session_state.get(_OPEN)
    return which


def forget_take_away(which: str) -> None:
    """Close the dialog of a lane that is taken off the page."""
    if take_away_shown() == which:
        _close()


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def offers_of(
    sent: InvocationRequest | None, now: InvocationRequest | None
) -> tuple[Offer, ...]:  # fmt: skip
    """Make the choice between what a lane was sent and what it would be sent, where they differ."""
    made = [
        Offer(label, request)
        for label, request in (("As it was sent", sent), ("As it would be sent now", now))
        if request is not None
    ]
    return tuple(made[:1] if len(made) == 2 and made[0].request == made[1].request else made)


@st.dialog("Take it away", width="large", icon=":material/ios_share:", on_dismiss=_close)
def take_away_dialog(
    offers: tuple[Offer, ...], *, connection: Connection | None, region: str | None, name: str
) -> None:
    """Show a request in every format, and the least-privilege policy for it.

    Args:
        offers: The requests to choose from, the one that was sent first.
        connection: Where calls go; ``None`` while that is not ready.
        region: The Region that the request goes to; ``None``: not known.
        name: What a resource made of it is called.
    """
    offer = offers[0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"`{offer.request.model_id}`", width="content")
        if len(offers) > 1:
            labels = [one.label for one in offers]
            chosen = st.segmented_control(
                "Which request",
                labels,
                default=labels[0],
                required=True,
                key="take_away_which",
                label_visibility="collapsed",
            )
            offer = offers[labels.index(chosen)]
    # The local endpoint's Region is no place of AWS's, and takes requests that are signed for any.
    region = DEFAULT_REGION if region not in REGIONS and is_local(offer.request.model_id) else region
    source = Source(request=offer.request, region=region, name=name)
    code, policy = st.tabs(["Code and infrastructure", "IAM policy"])
    with code:
        _code(source, connection)
    with policy:
        policy_tab(offer.request, connection=connection, region=region)


def _code(source: Source, connection: Connection | None) -> None:
    form = FORMATS[
        st.selectbox(
            "Format",
            list(FORMATS),
            format_func=lambda key: f"{_GROUPS[FORMATS[key].group]} · {FORMATS[key].title}",
            key=_FORMAT,
            persist_state="session",
        )
    ]
    try:
        exported = export(form.id, source)
    except CannotExport as refused:
        st.warning(
            f"**This request does not fit the format.** {plain(str(refused))}", icon=":material/block:"
        )
        return
    if form.id in {"prompt-management", "cloudformation", "terraform"}:
        source = _named(source)
        exported = export(form.id, source)
    st.caption(form.hint)
    for note in exported.notes:
        st.markdown(f":small[:material/info: {plain(note)}]")
    _files(form, exported)
    if form.id == "prompt-management":
        create_in_account(source, connection)
    elif form.group in {"code", "framework", "configuration"} and source.request.model_id.startswith(
        "local."
    ):
        st.caption(
            "This model runs on this machine alone. `bedrock-playground endpoint` starts an endpoint that "
            "says where it listens and takes any keys: name it in `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`."
        )


def _named(source: Source) -> Source:
    # Each thing that is taken away has a name of its own.
    name = st.text_input("Name", source.name, key=f"take_away_name_{source.name}")
    return replace(source, name=name.strip() or source.name)


def _files(form: Format, exported: Exported) -> None:
    filename, data = exported.download()
    main, *beside = exported.files
    st.download_button(
        f"Download {filename}",
        data,
        file_name=filename,
        key=f"take_away_download_{form.id}",
        icon=":material/download:",
        on_click="ignore",
    )
    st.code(exported.text, language=main.language, height=420)
    for file in beside:
        if isinstance(file.content, str) and len(file.content) <= _SHOWN_BYTES:
            st.caption(f"Beside it: `{file.name}`")
            st.code(file.content, language=file.language, height=240)
    hidden = [
        file.name for file in beside if isinstance(file.content, bytes) or len(file.content) > _SHOWN_BYTES
    ]
    if hidden:
        st.caption(f"Beside it, in the download: {', '.join(f'`{name}`' for name in hidden)}")
