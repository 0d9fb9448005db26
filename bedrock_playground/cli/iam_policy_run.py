"""`bedrock-playground iam-policy` at work: gather the calls, make the policy or check one, print it."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from bedrock_playground.cli.compare_requests import BadArguments
from bedrock_playground.connection import DEFAULT_REGION
from bedrock_playground.history import HistoryError, RunStore
from bedrock_playground.invocation.values import Guardrail
from bedrock_playground.presets.exports.values import pretty_json
from bedrock_playground.presets.iam.calls import BatchJob, Known, Operation, Plan, PlannedCall, distinct
from bedrock_playground.presets.iam.check import Checked, check_policy
from bedrock_playground.presets.iam.pasted import PolicyRefused
from bedrock_playground.presets.iam.policy import Policy, make_policy
from bedrock_playground.settings import Settings, SettingsError, load_settings

_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d")
_DEFAULT: tuple[Operation, ...] = ("ConverseStream",)


def run(options: argparse.Namespace) -> int:
    """Make the policy, or check one, and print it.

    Returns:
        0 if it is complete (or exactly what is needed), 1 if not, 2 for bad arguments.
    """
    try:
        settings = load_settings()
        plan = _plan(options, settings)
        known = _known(options, plan, settings)
        if options.check is not None:
            return _print_check(check_policy(_pasted(options.check), plan, known), options)
        return _print_policy(make_policy(plan, known), options)
    except (SettingsError, BadArguments, PolicyRefused, HistoryError) as error:
        _say(str(error))
        return 2


def _say(problem: str | None) -> None:
    if problem:
        print(f"bedrock-playground iam-policy: {problem}", file=sys.stderr)


# What is called

_Called: TypeAlias = tuple[str, Guardrail | None, str]
"""A model, the guardrail of its calls, and the Region."""


def _plan(options: argparse.Namespace, settings: Settings) -> Plan:
    region = options.region or settings.region or DEFAULT_REGION
    if not _REGION.fullmatch(region):
        raise BadArguments(f"{region!r} is no Region. Example: us-east-1.")
    operations: tuple[Operation, ...] = tuple(options.operations or _DEFAULT)
    models: list[_Called] = [(model, None, region) for model in options.models or ()]
    if options.runs or options.presets:
        with RunStore.open(settings.history_url, data_dir=settings.data_dir) as store:
            models += [*_of_runs(options, store), *_of_presets(options, store, region)]
    if not models and not options.list_models and not options.api_key:
        raise BadArguments("Name what is to be allowed: --run, --preset or --model.")
    calls = [
        PlannedCall(operation, model, where, guardrail)
        for model, guardrail, where in models
        for operation in operations
    ]
    return Plan(
        calls=distinct(calls),
        batch=_batch(options, [(model, where) for model, _, where in models]),
        listing=region if options.list_models else None,
        api_key=options.api_key,
    )


def _of_runs(options: argparse.Namespace, store: RunStore) -> Iterator[_Called]:
    for run_id in options.runs or ():
        record = store.get(run_id)
        if record is None:
            raise BadArguments(f"There is no run {run_id!r} in the history.")
        where = options.region or record.identity.region or DEFAULT_REGION
        yield record.request.model_id, record.request.guardrail, where


def _of_presets(options: argparse.Namespace, store: RunStore, region: str) -> Iterator[_Called]:
    for name in options.presets or ():
        stored = store.presets.named(name) or store.presets.get(name)
        if stored is None:
            raise BadArguments(f"There is no preset {name!r}. `bedrock-playground presets list` names them.")
        variant = stored.preset.variant
        if not variant.model:
            raise BadArguments(f"The preset {name!r} has no model yet. Pick one and save it.")
        yield variant.model, variant.guardrail, region


def _batch(options: argparse.Namespace, models: list[tuple[str, str]]) -> tuple[BatchJob, ...]:
    given = [options.batch_role, options.batch_input, options.batch_output]
    if not any(given):
        return ()
    if not all(given):
        raise BadArguments("A batch job needs all of --batch-role, --batch-input and --batch-output.")
    try:
        return tuple(BatchJob(model, region, *given) for model, region in dict.fromkeys(models))
    except ValueError as error:
        raise BadArguments(str(error)) from error


# What is known


def _known(options: argparse.Namespace, plan: Plan, settings: Settings) -> Known:
    if options.account and not _ACCOUNT.fullmatch(options.account):
        raise BadArguments("--account takes an account's number: twelve digits.")
    known = Known(
        account_id=options.account, destinations=dict(map(_destination, options.destinations or ()))
    )
    return _resolved(plan, known, settings) if options.resolve else known


def _destination(text: str) -> tuple[str, tuple[str, ...]]:
    profile, equals, regions = text.rpartition("=")
    found = tuple(regions.split(","))
    if not equals or not profile or not all(_REGION.fullmatch(region) for region in found):
        raise BadArguments(
            f"--destinations {text!r} names no profile and Regions. Example: us.amazon.nova-lite-v1:0="
            "us-east-1,us-west-2."
        )
    return profile, found


def _resolved(plan: Plan, known: Known, settings: Settings) -> Known:
    # boto3 takes a while, and without --resolve nobody needs it.
    from bedrock_playground.catalog.account import look_up
    from bedrock_playground.catalog.probe import identify
    from bedrock_playground.connection import remote_connection

    if known.account_id is None:
        caller = identify(remote_connection(settings).config)
        known = replace(known, account_id=caller.account)
        _say(caller.problem)
    for profile in make_policy(plan, known).unknown_destinations:
        region = next(call.region for call in plan.calls if call.model_id == profile)
        told = look_up(remote_connection(settings, region=region).config, profile)
        _say(f"{profile}: {told.problem}" if told.problem else None)
        models = {profile: told.base_ids} if profile.startswith("arn:") and told.base_ids else {}
        known = replace(
            known,
            destinations={**known.destinations, profile: told.regions},
            models={**known.models, **models},
        )
    return known


def _pasted(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadArguments(f"--check {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadArguments(f"--check {path} is not UTF-8 text.") from error


# What is printed


def _print_policy(policy: Policy, options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(policy_as_json(policy), indent=2))
        return 0 if policy.complete else 1
    for problem in policy.problems:
        _say(problem)
    if options.explain:
        _print_words(policy)
    elif len(policy.documents) == 1:
        print(pretty_json(policy.caller.to_json()))
    else:
        print(pretty_json({document.title: document.to_json() for document in policy.documents}))
    return 0 if policy.complete else 1


def policy_as_json(policy: Policy) -> dict[str, Any]:
    """What `--json` prints of a policy."""
    return {
        "complete": policy.complete,
        "policy": policy.caller.to_json(),
        "documents": [
            {
                "title": document.title,
                "policy": document.to_json(),
                "explained": [{"line": one.line, "words": one.words} for one in document.explained()],
            }
            for document in policy.documents
        ],
        "problems": list(policy.problems),
    }


def _print_words(policy: Policy) -> None:
    for document in policy.documents:
        print(f"{document.title}\n")
        for one in document.explained():
            print(f"  {one.line}\n      {one.words}")


def _print_check(checked: Checked, options: argparse.Namespace) -> int:
    fits = not checked.of("missing") and not checked.of("too_wide")
    if options.json:
        found = [{"kind": one.kind, "place": one.place, "words": one.words} for one in checked.findings]
        print(
            json.dumps({"fits": fits, "findings": found, "needed": policy_as_json(checked.needed)}, indent=2)
        )
        return 0 if fits else 1
    if not checked.findings:
        print("It allows exactly what these calls need.")
    for finding in checked.findings:
        print(f"{finding.kind.replace('_', ' ')}: {finding.place}\n    {finding.words}")
    return 0 if fits else 1
