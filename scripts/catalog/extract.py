"""Reads the sources and prints what they say as JSON.

Runs in an environment of its own (:mod:`scripts.catalog.environment`), where the sources are installed and
this project is not: so the standard library and the sources alone. Nothing is judged here. Numbers that are
prices are handed on as the decimal text that the source has, so that no digit is lost on the way.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

_DISTRIBUTIONS = ("genai-prices", "langchain-aws", "litellm", "modelparams", "pydantic-ai-slim")
_SCOPE = re.compile(r"^(?:us-gov|us|eu|apac|au|ca|in|jp|global)\.")
_ID = re.compile(r"^(?:(?:us-gov|us|eu|apac|au|ca|in|jp|global)\.)?[a-z0-9]+\.[a-z0-9][a-z0-9.:_-]*$")


def main() -> None:
    """Print everything as of a day, the first argument; the others are ids that no source lists."""
    as_of = datetime.fromisoformat(sys.argv[1]).replace(tzinfo=UTC)
    litellm = _litellm()
    langchain = _langchain()
    modelparams = _modelparams()
    ids = sorted({*_plain_ids(litellm), *langchain, *modelparams, *sys.argv[2:]})
    genai = _genai(ids, as_of)
    ids = sorted({*ids, *genai["prices"]})
    report = {
        "versions": {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS},
        "litellm": litellm,
        "langchain-aws": langchain,
        "modelparams": modelparams,
        "genai-prices": genai,
        "pydantic-ai": _pydantic_ai(sorted({_SCOPE.sub("", model_id) for model_id in ids})),
    }
    json.dump(report, sys.stdout)


def _package_file(package: str, *parts: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            f"{package} is not installed in {sys.prefix}: run `make catalog`, which installs it."
        )
    return Path(next(iter(spec.submodule_search_locations))).joinpath(*parts)


def _litellm() -> dict[str, Any]:
    path = _package_file("litellm", "model_prices_and_context_window_backup.json")
    rows = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
    return {key: row for key, row in rows.items() if str(row.get("litellm_provider")).startswith("bedrock")}


def _plain_ids(litellm: dict[str, Any]) -> list[str]:
    modes = ("chat", "embedding", "realtime")
    return [key for key, row in litellm.items() if "/" not in key and row.get("mode") in modes]


def _langchain() -> dict[str, Any]:
    # By path: importing the package would import LangChain, which is not installed.
    spec = importlib.util.spec_from_file_location(
        "profiles", _package_file("langchain_aws", "data", "_profiles.py")
    )
    if spec is None or spec.loader is None:
        raise SystemExit("langchain-aws keeps its profiles elsewhere now: mend scripts/catalog/extract.py.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    profiles: dict[str, Any] = module._PROFILES  # noqa: SLF001 - a data file, read as one
    return profiles


def _modelparams() -> dict[str, Any]:
    path = _package_file("modelparams", "_generated", "catalog.json")
    rows = json.loads(path.read_text(encoding="utf-8"))
    return {
        row["wireId"].removeprefix("{scope}."): {
            "profile_only": row["wireId"].startswith("{scope}."),
            "paths": [parameter["path"] for parameter in row["params"]],
        }
        for row in rows
        if row["provider"] == "bedrock" and "wireId" in row
    }


def _genai(ids: list[str], as_of: datetime) -> dict[str, Any]:
    providers = importlib.import_module("genai_prices.data").providers
    provider = next(each for each in providers if each.id == "aws")
    found = {model_id: provider.find_model(model_id, all_providers=providers) for model_id in ids}
    matched = {model.id for model in found.values() if model is not None}
    for model in provider.models:
        if model.id not in matched:
            found.update((name, model) for name in _names_in(model.match))
    return {
        "prices": {
            model_id: {**_genai_price(model, as_of), "names_scope": _names_scope(model_id, model)}
            for model_id, model in found.items()
            if model is not None
        },
        "models": {
            model.id: {"name": model.name, "context": model.context_window} for model in provider.models
        },
    }


def _texts_in(clause: Any) -> list[str]:  # noqa: ANN401 - one of genai-prices' own clauses
    parts = getattr(clause, "or_", None) or getattr(clause, "and_", None)
    if parts:
        return sorted({text for part in parts for text in _texts_in(part)})
    kinds = ("equals", "contains", "starts_with", "ends_with")
    return [getattr(clause, kind) for kind in kinds if hasattr(clause, kind)]


def _names_in(clause: Any) -> list[str]:  # noqa: ANN401
    """The ids that a matching clause spells out, for models that no other source knows."""
    return [text for text in _texts_in(clause) if _ID.match(text) and not re.search(r"-v\d+$", text)]


def _names_scope(model_id: str, model: Any) -> bool:  # noqa: ANN401
    """Whether the entry speaks of this id's geography, rather than of any id that holds the model's name."""
    scope = _SCOPE.match(model_id)
    return scope is None or any(text.lstrip("/").startswith(scope[0]) for text in _texts_in(model.match))


def _genai_price(model: Any, as_of: datetime) -> dict[str, Any]:  # noqa: ANN401
    price = model.get_prices(as_of)
    buckets = {
        "input": price.input_mtok,
        "output": price.output_mtok,
        "cache_read": price.cache_read_mtok,
        "cache_write": price.cache_write_mtok,
        "cache_write_1h": price.cache_write_1h_mtok,
    }
    base: dict[str, str] = {}
    long: dict[str, str] = {}
    starts: set[int] = set()
    for bucket, value in buckets.items():
        if value is None:
            continue
        if isinstance(value, Decimal | int):
            base[bucket] = str(value)
            continue
        base[bucket] = str(value.base)
        starts.update(tier.start for tier in value.tiers)
        long[bucket] = str(value.tiers[-1].price)
    if len(starts) > 1:
        raise SystemExit(f"genai-prices has several long-context steps for {model.id}: mend extract.py.")
    # A bucket without a step costs the same on both sides of it.
    above = {**base, **long} if starts else {}
    return {"entry": model.id, "base": base, "long": above, "long_above": next(iter(starts), None)}


def _pydantic_ai(ids: list[str]) -> dict[str, Any]:
    provider = importlib.import_module("pydantic_ai.providers.bedrock").BedrockProvider
    return {model_id: _plain(provider.model_profile(model_id)) for model_id in ids}


def _plain(profile: Any) -> dict[str, Any] | None:  # noqa: ANN401
    """Keep what JSON can say: flags, numbers, words and lists of words."""
    if profile is None:
        return None
    plain: dict[str, Any] = {}
    for key, value in profile.items():
        if isinstance(value, bool | int | str):
            plain[key] = value
        elif isinstance(value, tuple | list | set | frozenset) and all(
            isinstance(each, str) for each in value
        ):
            plain[key] = list(value) if isinstance(value, tuple | list) else sorted(value)
    return plain


if __name__ == "__main__":
    main()
