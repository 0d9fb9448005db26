"""The least-privilege policy of a request, line by line, and the check of one that somebody has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import streamlit as st

from bedrock_playground.catalog.regions import REGIONS
from bedrock_playground.catalog.resolution import is_local
from bedrock_playground.connection import Connection
from bedrock_playground.invocation import InvocationRequest
from bedrock_playground.presets.exports.values import pretty_json
from bedrock_playground.presets.iam.calls import Known, Operation, Plan, PlannedCall
from bedrock_playground.presets.iam.check import Checked, Finding, Kind, check_policy
from bedrock_playground.presets.iam.pasted import PolicyRefused
from bedrock_playground.presets.iam.policy import Policy, make_policy
from components.resources import ask_behind
from components.words import plain

_CALLS: dict[Operation, str] = {
    "ConverseStream": "Stream (as here)",
    "Converse": "In one piece",
    "CountTokens": "Count tokens",
}
_EXAMPLE = "us.amazon.nova-lite-v1:0"
_KINDS: dict[Kind, tuple[str, str, str]] = {
    "missing": ("Missing", "red", "block"),
    "too_wide": ("Too wide", "orange", "open_in_full"),
    "unsure": ("Cannot be told", "gray", "help"),
}
_REGION_CODE = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d")


def policy_tab(request: InvocationRequest, *, connection: Connection | None, region: str | None) -> None:
    """Draw the tab.

    Args:
        request: What is taken away.
        connection: Where calls go; asked for what only the account knows, if it is Amazon Bedrock.
        region: The Region that the request goes to.
    """
    plan, known = _asked(request, connection=connection, region=region)
    if plan is None:
        return
    policy = make_policy(plan, known)
    for problem in policy.problems:
        st.markdown(f":small[:orange[:material/help:] {plain(problem)}]")
    if policy.caller.statements:
        _shown(policy)
    _check(plan, known)


def _asked(
    request: InvocationRequest, *, connection: Connection | None, region: str | None
) -> tuple[Plan | None, Known]:  # fmt: skip
    model_id, guardrail = request.model_id, request.guardrail
    if is_local(model_id):
        st.caption("A model on this machine needs no permission. This is the policy for one of AWS's:")
        model_id = st.text_input("Model id or inference profile", _EXAMPLE, key="iam_model").strip()
    names: list[Operation] = list(_CALLS)
    operations = st.segmented_control(
        "What is called",
        names,
        selection_mode="multi",
        default=names[:1],
        format_func=lambda name: _CALLS[name],
        key="iam_operations",
    )
    left, right = st.columns(2)
    with left:
        codes = list(REGIONS)
        start = codes.index(region) if region in codes else codes.index("us-east-1")
        called = st.selectbox(
            "Region that is called",
            codes,
            start,
            format_func=lambda one: REGIONS[one].label,
            key="iam_region",
        )
    with right:
        account = st.text_input(
            "AWS account",
            key="iam_account",
            persist_state="session",
            placeholder="111122223333",
            max_chars=12,
        ).strip()
    if account and not re.fullmatch(r"\d{12}", account):
        st.warning("An account's number has twelve digits.", icon=":material/help:")
        account = ""
    calls = tuple(PlannedCall(operation, model_id, called, guardrail) for operation in operations or ())
    with st.container(horizontal=True):
        listing = st.checkbox("List models too", key="iam_listing")
        api_key = st.checkbox("With a Bedrock API key", key="iam_api_key")
    plan = Plan(calls=calls, listing=called if listing else None, api_key=api_key)
    known = _known(plan, Known(account_id=account or None), connection)
    return (plan if model_id else None), known


def _known(plan: Plan, known: Known, connection: Connection | None) -> Known:
    """Add what the account tells, and what is typed where nobody tells."""
    asks = make_policy(plan, known).unknown_destinations
    for profile in asks:
        told = ask_behind(connection, profile) if connection and connection.kind == "bedrock" else None
        if told is not None and told.base_ids:
            known = replace(
                known,
                destinations={**known.destinations, profile: told.regions},
                models={**known.models, profile: told.base_ids}
                if profile.startswith("arn:")
                else known.models,
            )
            continue
        typed = st.text_input(
            f"Regions that {profile} sends requests to",
            key=f"iam_destinations_{profile}",
            placeholder="us-east-1, us-east-2, us-west-2",
        )
        regions = tuple(dict.fromkeys(re.split(r"[,\s]+", typed.strip()))) if typed.strip() else ()
        wrong = [one for one in regions if not _REGION_CODE.fullmatch(one)]
        if wrong:
            st.warning(f"{plain(wrong[0])} is no Region, such as us-east-1.", icon=":material/help:")
        elif regions:
            known = replace(known, destinations={**known.destinations, profile: regions})
    return known


def _shown(policy: Policy) -> None:
    for document in policy.documents:
        text = pretty_json(document.to_json())
        st.download_button(
            "Download policy.json",
            text,
            file_name="policy.json",
            key="iam_download",
            icon=":material/download:",
            on_click="ignore",
        )
        st.code(text, language="json", height=360)
        with st.expander("Line by line", icon=":material/menu_book:"):
            for line in document.explained():
                st.markdown(f"`{line.line}`  \n:small[{plain(line.words)}]")


def _check(plan: Plan, known: Known) -> None:
    with st.expander("Check a policy that you have", icon=":material/fact_check:"):
        text = st.text_area(
            "The policy's JSON",
            key="iam_pasted",
            height=160,
            placeholder='{"Version": "2012-10-17", "Statement": […]}',
        )
        st.button("Check", key="iam_check", icon=":material/fact_check:")
        if text.strip():
            _checked(text, plan, known)


def _checked(text: str, plan: Plan, known: Known) -> None:
    try:
        checked = check_policy(text, plan, known)
    except PolicyRefused as refused:
        st.error(f"**This cannot be read as a policy.** {plain(str(refused))}", icon=":material/error:")
        return
    if not checked.findings:
        st.success("It allows exactly what these calls need.", icon=":material/check:")
    else:
        st.markdown(_summary(checked))
    for kind in _KINDS:
        for finding in checked.of(kind):
            _finding(finding)
    st.caption(
        "Looked at on its own: other policies, service control policies and permission boundaries may allow "
        "or deny more."
    )


def _summary(checked: Checked) -> str:
    missing, wide = len(checked.of("missing")), len(checked.of("too_wide"))
    calls = "The calls would be refused." if missing else "Nothing is missing."
    things = {0: "Nothing is", 1: "One thing is"}.get(wide, f"{wide} things are")
    return f"{calls} {things} too wide."


def _finding(finding: Finding) -> None:
    label, colour, icon = _KINDS[finding.kind]
    st.markdown(
        f":{colour}-badge[:material/{icon}: {label}] `{_inline(finding.place)}`  \n{plain(finding.words)}"
    )


def _inline(text: Any) -> str:  # noqa: ANN401
    return str(text).replace("`", "'").replace("\n", " ")
