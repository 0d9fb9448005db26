"""Models of which no id can be called: there to be looked at, and nowhere offered to be called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bedrock_playground.catalog.as_json import row_to_json
from bedrock_playground.catalog.models import ModelOption, ModelSpec, Profile, Provenance
from bedrock_playground.catalog.recommend import rank
from bedrock_playground.catalog.requirements import Scenario
from bedrock_playground.catalog.search import options_of, rows_of
from bedrock_playground.catalog.snapshot import load_models

GEMMA = "google.gemma-4-31b"
SPEC = ModelSpec(model_id="a.b", name="B", provider="A", output_modalities=("text",), on_demand=False)
PROFILE = Profile("us.a.b", "geographic", "us")


@pytest.mark.parametrize(
    ("on_demand", "profiles", "reachable"),
    [
        (False, (), False),
        (False, (PROFILE,), True),
        (True, (), True),
        (None, (), None),
        (None, (PROFILE,), True),
    ],
)
def test_what_can_be_reached(
    on_demand: bool | None, profiles: tuple[Profile, ...], reachable: bool | None
) -> None:
    spec = replace(SPEC, on_demand=on_demand, profiles=profiles)
    assert spec.reachable is reachable
    assert (spec.why_unreachable is None) is (reachable is not False)
    assert all(option.comparable is (reachable is not False) for option in options_of({"a.b": spec}))


def test_the_reason_says_what_the_source_says() -> None:
    told = {"on_demand": Provenance("a page", date(2026, 11, 22), "Another endpoint has it.")}
    assert (replace(SPEC, provenance=told).why_unreachable or "").endswith(" is. Another endpoint has it.")
    assert (SPEC.why_unreachable or "").endswith(" inference profile is.")


def test_an_id_of_the_account_s_own_may_still_reach_it() -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc"
    assert ModelOption(model_id=arn, name="Mine", provider="A", spec=SPEC).comparable
    assert not ModelOption(model_id="a.b", name="B", provider="A", spec=SPEC).comparable


def test_the_snapshot_keeps_them_to_be_looked_at() -> None:
    options = {option.model_id: option for option in options_of(load_models())}
    silent = {key for key, option in options.items() if option.answers_in_text and not option.comparable}
    assert GEMMA in silent
    assert len(silent) < 20
    rows = {row.model_id: row for row in rows_of(options.values())}
    assert {key for key, row in rows.items() if row.refused} == silent
    assert row_to_json(rows[GEMMA])["reachable"] is False
    assert row_to_json(rows["amazon.nova-lite-v1:0"])["reachable"] is True


def test_none_of_them_is_recommended() -> None:
    rows = rows_of(options_of(load_models()))
    ranking = rank(rows, Scenario(), today=date(2026, 11, 22))
    assert GEMMA not in {candidate.row.model_id for candidate in ranking.candidates}
    (out,) = (each for each in ranking.excluded if each.row.model_id == GEMMA)
    assert any("Not callable by Converse" in reason for reason in out.reasons)
