"""Which endpoint this session calls, and the sidebar's word on how that stands."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.connection import Connection, Kind, default_kind, local_connection, remote_connection
from bedrock_playground.invocation.credentials import find_credentials
from components import compare_state, variants
from components.compare_state import KIND, KIND_PENDING
from components.resources import forget_models, get_settings, get_supervisor

_LABELS: dict[Kind, str] = {
    "local": "Local endpoint",
    "bedrock": "Amazon Bedrock",
    "custom": "Custom endpoint",
}


@st.cache_resource(show_spinner=False, ttl=300)
def _credentials() -> str:
    # A credential process may ask the user something: not at every rerun.
    return find_credentials(api_key=get_settings().bedrock_api_key) or "none found"


@st.cache_resource(show_spinner=False, ttl=300)
def _remote() -> Connection:
    # The Region is read from the AWS configuration files: 5 ms that every rerun paid twice.
    return remote_connection(get_settings())


@st.cache_resource(show_spinner=False)
def _default_kind() -> Kind:
    return default_kind(get_settings())


def current_kind() -> Kind:
    """Where this session's calls go."""
    kind: Kind = st.session_state.get(KIND) or _default_kind()
    return kind


def current_connection() -> Connection | None:
    """The connection of this session; ``None`` while the local endpoint is not ready."""
    if current_kind() != "local":
        return _remote()
    return local_connection(get_settings(), get_supervisor().status)


def sidebar() -> None:
    """Show where calls go, and let the session pick."""
    kinds: list[Kind] = ["local", "custom"] if get_settings().endpoint_url else ["local", "bedrock"]
    with st.sidebar:
        # A comparison that ran elsewhere was opened: go there, before the widget exists in this run.
        pending = st.session_state.pop(KIND_PENDING, None)
        if pending in kinds:
            st.session_state[KIND] = pending
        st.session_state.setdefault(KIND, _default_kind())
        st.selectbox(
            "Calls go to",
            kinds,
            format_func=lambda kind: _LABELS[kind],
            key=KIND,
            persist_state="session",
            on_change=_switched,
            help="Amazon Bedrock needs AWS credentials: environment variables, a profile, SSO or a role. "
            "The local endpoint speaks the same API with a small real model, on this machine alone.",
        )
        if current_kind() == "local":
            _local_status()
        else:
            st.caption(f"{_remote().title} · credentials: {_credentials()}")
        st.button(
            "Refresh models",
            icon=":material/refresh:",
            type="tertiary",
            key="refresh_models",
            on_click=_refresh,
        )


def _switched() -> None:
    """Begin anew: a comparison goes on only where it ran, and stays in the history."""
    _refresh()
    compare_state.clear()
    variants.forget_models()


def _refresh() -> None:
    forget_models()
    _credentials.clear()
    _remote.clear()


def _local_status() -> None:
    status = get_supervisor().status
    if status.state == "ready":
        st.caption(f"Ready · SmolLM2 135M on this machine · {status.url}")
        return
    if status.state == "failed":
        st.caption("It did not start; the page says why.")
        return
    st.caption(f"{status.detail or 'Starting'} …")


def wait_for_endpoint() -> None:
    """While the local endpoint is on its way, show how far it is, and rerun the page when it is there.

    The first start fetches the weights (93 MB) once; that is what the progress bar is for.
    """
    if current_kind() == "local" and get_supervisor().status.state != "ready":
        _progress()


@st.fragment(run_every=0.5)
def _progress() -> None:
    status = get_supervisor().status
    if status.state == "ready":
        st.rerun()
    if status.state in {"failed", "stopped"}:
        st.error(f"**The local endpoint did not start.** {status.detail}", icon=":material/error:")
        with st.expander("What it said"):
            st.code("\n".join(get_supervisor().log_tail()) or "nothing", language=None, wrap_lines=True)
        if st.button("Try again", icon=":material/refresh:", key="endpoint_retry"):
            get_supervisor().start()
            st.rerun()
        return
    text = status.detail or "Starting the local model"
    if status.progress is None:
        st.status(f"{text} …", state="running")
    else:
        st.progress(min(max(status.progress, 0.0), 1.0), text=f"{text} · {status.progress:.0%}")
