"""What the Connection page is made of: where calls go, as whom, and how the local endpoint is doing."""

from __future__ import annotations

import re

import streamlit as st

from bedrock_playground.catalog.probe import Identity, identify
from bedrock_playground.catalog.regions import REGIONS
from bedrock_playground.connection import Connection, EndpointRefused, checked_endpoint
from bedrock_playground.launcher import EndpointStatus
from bedrock_playground.telemetry import shared_telemetry, telemetry_words
from components.compare_state import KIND
from components.connection import (
    ENDPOINT,
    IDENTITY,
    LABELS,
    REGION,
    credentials_report,
    current_kind,
    hosts,
    kinds,
    moved,
    remote,
    switched,
)
from components.resources import get_named_endpoints, get_settings, get_supervisor
from components.words import code, plain

_REGION_PICKER = "connection_region_picker"
_ENDPOINT_FIELD = "connection_endpoint_field"
_PROBLEM = "connection_problem"
_REGION_CODE = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d+")


def where() -> None:
    """Show and change where this session's calls go."""
    kind = current_kind()
    with st.container(border=True, key="connection_where"):
        st.subheader("Where calls go", anchor=False)
        st.markdown(f"This session calls **{LABELS[kind]}**: {_address(kind)}.")
        with st.container(horizontal=True, key="connection_kinds"):
            for other in kinds():
                if other != kind:
                    st.button(
                        f"Use {LABELS[other]}",
                        key=f"use_{other}",
                        icon=":material/swap_horiz:",
                        on_click=_use,
                        args=(other,),
                    )
        if kind == "local":
            st.caption("The local endpoint is one machine: there are no Regions to choose from.")
        else:
            _region()
        _endpoint()
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(plain(problem), icon=":material/error:")
        st.caption(
            "What you choose here holds for this browser session alone. A comparison goes on only where it "
            "ran, so a change stops what still runs and begins a new one; the old one stays in the history. "
            "Loading the page anew in the browser begins a new session."
        )


def _address(kind: str) -> str:
    """The address in Markdown: as code, which makes no link of it."""
    if kind == "local":
        url = get_supervisor().status.url
        return f"`{url}`" if url else "it is not ready yet"
    there = remote().config
    runtime, control = hosts(there)
    region = there.region or ""
    name = REGIONS[region].name if region in REGIONS else "a Region that this app does not know"
    host = code(runtime) if runtime else "the endpoint that boto3 chooses"
    beside = f". Models, profiles and guardrails are asked for at {code(control)}" if control else ""
    return f"{host}, Region {plain(region)}, {name}{beside if control != runtime else ''}"


def _use(kind: str) -> None:
    st.session_state[KIND] = kind
    switched()


def _region() -> None:
    here = remote().config.region or ""
    codes = [*([] if here in REGIONS else [here]), *REGIONS]
    st.session_state[_REGION_PICKER] = here
    st.selectbox(
        "Region",
        codes,
        format_func=lambda code: REGIONS[code].label if code in REGIONS else code,
        key=_REGION_PICKER,
        accept_new_options=True,
        on_change=_pick_region,
        help="Type to search. A Region that is newer than this list can be typed by its code.",
    )


def _pick_region() -> None:
    picked = str(st.session_state[_REGION_PICKER] or "").strip()
    if not _REGION_CODE.fullmatch(picked) and picked not in REGIONS:
        st.session_state[_PROBLEM] = (
            f"{picked or 'Nothing'} is no Region's code, so the Region stays as it was. Example: eu-central-1"
        )
        return
    st.session_state[REGION] = picked
    moved()


def _endpoint() -> None:
    """Let the session name an endpoint of its own, where the settings allow that."""
    if not get_settings().endpoint_override:
        return
    with st.expander("Another endpoint", expanded=False):
        st.write(
            "Anything that speaks Bedrock’s API: a gateway, a VPC endpoint, an endpoint on this machine. "
            "Requests to AWS’s own hosts are signed with this server’s credentials; any other address gets "
            "placeholder keys, never yours."
        )
        st.session_state.setdefault(_ENDPOINT_FIELD, st.session_state.get(ENDPOINT) or "")
        st.text_input(
            "Endpoint",
            key=_ENDPOINT_FIELD,
            placeholder="http://127.0.0.1:8000",
            persist_state="session",
        )
        with st.container(horizontal=True):
            st.button("Use this endpoint", key="endpoint_use", on_click=_name_endpoint)
            if st.session_state.get(ENDPOINT):
                st.button("Forget it", key="endpoint_forget", type="tertiary", on_click=_forget_endpoint)


def _name_endpoint() -> None:
    try:
        url = checked_endpoint(st.session_state[_ENDPOINT_FIELD] or "")
    except EndpointRefused as error:
        st.session_state[_PROBLEM] = f"The endpoint was not taken. {error}"
        return
    get_named_endpoints().add(url)
    st.session_state[ENDPOINT] = url
    _use("custom")


def _forget_endpoint() -> None:
    st.session_state.pop(ENDPOINT, None)
    st.session_state[_ENDPOINT_FIELD] = ""
    if current_kind() == "custom":
        _use(kinds()[-1])


def credentials(connection: Connection | None) -> None:
    """Say how credentials were found and what wins, and offer to ask whose they are."""
    with st.container(border=True, key="connection_credentials"):
        st.subheader("Credentials", anchor=False)
        if connection is None:
            st.write("The local endpoint is not ready yet; it gives the app a key of its own when it is.")
            return
        for line in _how_found(connection):
            st.markdown(line)
        if connection.kind == "custom" and connection.config.access_key_id:
            # Placeholder keys are nobody's.
            return
        st.button(
            "Who am I?", key="identity_check", icon=":material/badge:", on_click=_ask, args=(connection,)
        )
        st.caption("Asks AWS STS (GetCallerIdentity): free, and allowed to everybody.")
        told: tuple[object, Identity] | None = st.session_state.get(IDENTITY)
        if told is not None and told[0] == connection:
            _identity(
                told[1], api_key=credentials_report().beside is not None and connection.kind == "bedrock"
            )


_NONE_FOUND = (
    "**None were found.** boto3 looked in the environment and `.env`, in the AWS configuration files "
    "(profiles, SSO, assumed roles) and for a container’s or an instance’s role. Set one of them up and "
    "press *Refresh models*, or use the local endpoint, which needs none."
)


def _how_found(connection: Connection) -> list[str]:
    if connection.kind == "local":
        return ["The app and the local endpoint share a key that was made at random for this run."]
    if connection.config.access_key_id:
        return ["Requests to this endpoint are signed with placeholder keys."]
    report = credentials_report()
    if report.used is None:
        return [_NONE_FOUND]
    lines = [f"Bedrock is called with **{plain(report.used)}**."]
    if report.profile:
        lines[0] = f"Bedrock is called with **{plain(report.used)}**, profile {code(report.profile)}."
    if report.beside:
        lines.append(
            f"There are access keys as well ({plain(report.beside)}). **The API key wins**: boto3 sends "
            "`AWS_BEARER_TOKEN_BEDROCK` to Bedrock even where access keys are set. Unset it to call Bedrock "
            "with the access keys."
        )
    elif get_settings().bedrock_api_key:
        lines.append("It is valid for Bedrock alone: STS cannot say whose it is.")
    if report.temporary:
        lines.append("The access keys are temporary: they end by themselves.")
    return lines


def _ask(connection: Connection) -> None:
    st.session_state[IDENTITY] = (connection, identify(connection.config))


def _identity(told: Identity, *, api_key: bool) -> None:
    if told.problem:
        st.warning(plain(told.problem), icon=":material/info:")
        return
    st.markdown(f"Account `{told.account}`")
    st.code(told.arn or "", language=None, wrap_lines=True)
    if api_key:
        st.caption("This is whom the access keys belong to; Bedrock is called with the API key.")


def local_endpoint() -> None:
    """Show how the local endpoint is doing, with its log, and offer to start it again."""
    with st.container(border=True, key="connection_local"):
        st.subheader("Local endpoint", anchor=False)
        if current_kind() != "local":
            # Asking for the supervisor starts the endpoint, which nobody wants who calls Bedrock.
            st.write(
                "A small real model on this machine behind Bedrock’s own API, for trying things out without "
                "an account. It starts when a session uses it."
            )
            return
        if get_supervisor().status.state == "ready":
            _status()
        else:
            _changing_status()


def telemetry() -> None:
    """Say whether calls are exported, where to, and whether what is said is part of it."""
    settings = get_settings().telemetry
    st.caption(telemetry_words(settings, shared_telemetry(settings)))


@st.fragment(run_every=1)
def _changing_status() -> None:
    """Follow it until it is ready; then the whole page knows more."""
    if get_supervisor().status.state == "ready":
        st.rerun()
    _status()


def _status() -> None:
    supervisor = get_supervisor()
    status = supervisor.status
    st.markdown(f"**{_STATES[status.state]}**{_detail(status)}")
    if status.url:
        st.code(status.url, language=None)
    st.button("Restart it", key="endpoint_restart", icon=":material/restart_alt:", on_click=_restart)
    st.caption("All sessions share it: a restart ends what is running on it, and takes a few seconds.")
    with st.expander("What it said last"):
        st.code("\n".join(supervisor.log_tail()[-50:]) or "Nothing.", language=None, wrap_lines=True)


_STATES = {
    "stopped": "Stopped",
    "starting": "Starting",
    "fetching": "Fetching the model",
    "ready": "Ready",
    "restarting": "Restarting",
    "failed": "Failed",
}


def _detail(status: EndpointStatus) -> str:
    done = f" · {status.progress:.0%}" if status.state != "ready" and status.progress is not None else ""
    said = f" · {plain(status.detail)}" if status.detail and status.state != "ready" else ""
    return f"{said}{done}"


def _restart() -> None:
    supervisor = get_supervisor()
    supervisor.stop()
    supervisor.start()
