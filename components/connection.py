"""Which endpoint this session calls, and the sidebar's word on how that stands."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.connection import (
    Connection,
    Kind,
    default_kind,
    local_connection,
    named_connection,
    remote_connection,
)
from bedrock_playground.invocation import ClientConfig, forget_clients
from bedrock_playground.invocation.credentials import (
    CredentialsReport,
    describe_credentials,
    find_credentials,
)
from components import compare_state, variants
from components.compare_state import HERE, KIND, PLACE_PENDING
from components.fault_board import faults_badge
from components.resources import forget_models, get_named_endpoints, get_settings, get_supervisor
from components.spending_page import spent_caption
from components.words import plain

LABELS: dict[Kind, str] = {
    "local": "Local endpoint",
    "bedrock": "Amazon Bedrock",
    "custom": "Custom endpoint",
}
"""What the places are called."""
REGION = "connection_region"
"""The Region that this session picked; not set: the one of the environment or the profile."""
ENDPOINT = "connection_endpoint"
"""The endpoint that this session named."""
IDENTITY = "connection_identity"
"""Who the credentials belong to, and the connection that was asked."""
PERMISSIONS = "connection_permissions"
"""What they may do, and the connection that was asked."""
CALL = "connection_call"
"""How the call for one token ended, and the connection and the model that were called."""


@st.cache_resource(show_spinner=False, ttl=300)
def _credentials() -> str:
    # A credential process may ask the user something: not at every rerun.
    return find_credentials(api_key=get_settings().bedrock_api_key) or "none found"


@st.cache_resource(show_spinner=False, ttl=300)
def credentials_report() -> CredentialsReport:
    """All that is known of how credentials were found, looked for at most every five minutes."""
    return describe_credentials(api_key=get_settings().bedrock_api_key)


@st.cache_resource(show_spinner=False, ttl=300, max_entries=64)
def _remote(region: str | None, endpoint: str | None) -> Connection:
    # The Region is read from the AWS configuration files: 5 ms that every rerun paid twice.
    if endpoint is not None and endpoint != get_settings().endpoint_url:
        return named_connection(get_settings(), endpoint, region=region)
    return remote_connection(get_settings(), region=region)


@st.cache_resource(show_spinner=False, ttl=300, max_entries=64)
def _hosts(_config: ClientConfig, key: str) -> tuple[str | None, str | None]:  # noqa: ARG001  # the cache's
    # boto3's half of the world, which only the Connection page asks for.
    from bedrock_playground.catalog.control import endpoint_of  # noqa: PLC0415

    return endpoint_of(_config, "bedrock-runtime"), endpoint_of(_config, "bedrock")


def hosts(config: ClientConfig) -> tuple[str | None, str | None]:
    """Where calls go, and where models are asked for: the environment can name an address for either."""
    return _hosts(config, f"{config.region}|{config.endpoint_url}|{config.profile}")


@st.cache_resource(show_spinner=False)
def _default_kind() -> Kind:
    return default_kind(get_settings())


def current_kind() -> Kind:
    """Where this session's calls go."""
    kind: Kind = st.session_state.get(KIND) or _default_kind()
    return kind


def kinds() -> list[Kind]:
    """Where this session's calls can go: an endpoint of the settings stands in for Amazon Bedrock."""
    if get_settings().endpoint_url:
        return ["local", "custom"]
    return ["local", "bedrock", "custom"] if st.session_state.get(ENDPOINT) else ["local", "bedrock"]


def remote() -> Connection:
    """The connection of this session to Amazon Bedrock or a custom endpoint, wherever its calls go now."""
    endpoint = st.session_state.get(ENDPOINT) if current_kind() == "custom" else None
    return _remote(st.session_state.get(REGION), endpoint)


def current_connection() -> Connection | None:
    """The connection of this session; ``None`` while the local endpoint is not ready."""
    if current_kind() != "local":
        return remote()
    return local_connection(get_settings(), get_supervisor().status)


def sidebar() -> None:
    """Show where calls go, and let the session pick."""
    with st.sidebar:
        _go_to_pending()
        st.session_state.setdefault(KIND, _default_kind())
        st.selectbox(
            "Calls go to",
            kinds(),
            format_func=lambda kind: LABELS[kind],
            key=KIND,
            persist_state="session",
            on_change=switched,
            help="Amazon Bedrock needs AWS credentials: environment variables, a profile, SSO or a role. "
            "The local endpoint speaks the same API with a small real model, on this machine alone.",
        )
        if current_kind() == "local":
            _local_status()
            st.session_state[HERE] = ("local", None)
        else:
            there = remote()
            st.caption(f"{plain(there.title)} · credentials: {plain(credentials_of(there))}")
            st.session_state[HERE] = (there.endpoint_label, there.config.region)
            spent_caption()
        st.button(
            "Refresh models",
            icon=":material/refresh:",
            type="tertiary",
            key="refresh_models",
            on_click=refresh,
        )


def _go_to_pending() -> None:
    """Go where a comparison that was opened ran, before the widget exists in this run."""
    pending: tuple[Kind, str | None, str | None] | None = st.session_state.pop(PLACE_PENDING, None)
    if pending is None:
        return
    kind, endpoint, region = pending
    if kind == "custom" and endpoint in get_named_endpoints():
        st.session_state[ENDPOINT] = endpoint
    if kind not in kinds():
        return
    st.session_state[KIND] = kind
    if kind != "local" and region:
        st.session_state[REGION] = region


def credentials_of(connection: Connection) -> str:
    """In words, what a remote connection signs with."""
    return "placeholder keys" if connection.config.access_key_id else _credentials()


def switched() -> None:
    """Begin anew: a comparison goes on only where it ran, and stays in the history."""
    refresh()
    compare_state.clear()
    left: str | None = st.session_state.get(HERE, (None,))[0]
    variants.switch_models(left=left, to="local" if current_kind() == "local" else remote().endpoint_label)


def moved() -> None:
    """Begin anew in another Region; the models that were picked are kept, since most Regions have them."""
    refresh()
    compare_state.clear()


def refresh() -> None:
    """Ask for models and credentials anew; calls are made with what is found then."""
    forget_models()
    forget_clients()
    for cached in (_credentials, credentials_report, _default_kind, _remote, _hosts):
        cached.clear()
    for told in (IDENTITY, PERMISSIONS, CALL):
        # They were told of the credentials of before.
        st.session_state.pop(told, None)


def _local_status() -> None:
    status = get_supervisor().status
    if status.state == "ready":
        # As code, which makes no link of it.
        st.caption(f"Ready · SmolLM2 135M on this machine · `{status.url}`")
        faults_badge(local_connection(get_settings(), status))
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
