"""Sweeps over the settings of real models, by their rules in the snapshot."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from bedrock_playground.catalog.resolution import resolve
from bedrock_playground.catalog.snapshot import load_models
from bedrock_playground.catalog.variant import Inputs, Variant
from bedrock_playground.evaluation.sweeps import (
    Axis,
    BadSweep,
    Sweep,
    SweepResult,
    expand,
    name_of,
    parse_axis,
    tabulate,
)

MODELS = load_models()
NOVA, HAIKU_45 = "amazon.nova-pro-v1:0", "anthropic.claude-haiku-4-5-20251001-v1:0"
OPUS_48, GPT_OSS = "anthropic.claude-opus-4-8", "openai.gpt-oss-120b-1:0"


def swept(model: str, *axes: str, base: Variant | None = None) -> Sweep:
    return expand(
        base or Variant(model=model),
        [parse_axis(axis) for axis in axes],
        inputs=Inputs("Hello"),
        resolution=resolve(model, MODELS),
    )


def test_a_grid_is_expanded_in_order_and_named() -> None:
    found = swept(NOVA, "temperature=0,0.2", "top-p=unset,0.9")
    assert [one.name for one in found.points] == [
        "temperature 0 · top-p unset",
        "temperature 0 · top-p 0.9",
        "temperature 0.2 · top-p unset",
        "temperature 0.2 · top-p 0.9",
    ]
    assert found.points[3].variant == Variant(model=NOVA, temperature=0.2, top_p=0.9)
    assert found.points[0].settings == {"temperature": 0.0, "top_p": None}
    assert not found.dropped


def test_without_axes_there_is_what_was_set() -> None:
    found = swept(NOVA)
    assert [(one.name, one.variant) for one in found.points] == [("as set", Variant(model=NOVA))]


def test_what_excludes_each_other_is_dropped_with_the_reason() -> None:
    found = swept(HAIKU_45, "temperature=unset,0.2", "top-p=unset,0.9")
    assert [one.name for one in found.points] == [
        "temperature unset · top-p unset",
        "temperature unset · top-p 0.9",
        "temperature 0.2 · top-p unset",
    ]
    [dropped] = found.dropped
    assert dropped.name == "temperature 0.2 · top-p 0.9"
    assert "is not sent" in dropped.reason


def test_a_model_that_takes_no_effort_has_no_contender_with_one() -> None:
    assert [one.name for one in swept(NOVA, "effort=unset,high").points] == ["effort unset"]
    assert len(swept(GPT_OSS, "effort=low,medium,high").points) == 3
    refused = swept(OPUS_48, "temperature=0.2").dropped[0]
    assert refused.reason.startswith("temperature 0.2 is not sent. Claude Opus 4.8 refuses")


def test_a_value_that_would_be_sent_as_another_is_dropped() -> None:
    [dropped] = swept(NOVA, "max_tokens=100,9000000").dropped
    assert dropped.reason.startswith("max tokens 9000000 is sent as ")


def test_other_settings_that_are_not_sent_are_told_and_twins_are_dropped() -> None:
    found = swept(OPUS_48, "max_tokens=100,200", base=Variant(model=OPUS_48, temperature=0.5))
    assert found.points[0].warnings[0].startswith("temperature 0.5 is not sent. ")
    whole = Axis("temperature", (0.5, 0.5, None))
    twice = expand(
        Variant(model=NOVA, additional_fields='{"inferenceConfig": {"topK": 5}}'),
        [whole, Axis("top_k", (5, None))],
        inputs=Inputs("Hello"),
        resolution=resolve(NOVA, MODELS),
    )
    assert [one.name for one in twice.points] == [
        "temperature 0.5 · top-k 5",
        "temperature unset · top-k 5",
    ]
    assert [one.reason for one in twice.dropped] == [
        "It sends the same as temperature 0.5 · top-k 5.",
        "It sends the same as temperature unset · top-k 5.",
    ]


def test_a_model_that_makes_no_text_has_no_contenders() -> None:
    found = swept("amazon.titan-embed-text-v1", "temperature=0,1")
    assert not found.points
    assert "makes embeddings, not text" in found.dropped[0].reason


def test_axes_are_read_as_they_are_typed() -> None:
    assert parse_axis(" Top-P = 0.5 , unset,1") == Axis("top_p", (0.5, None, 1.0))
    assert parse_axis("max tokens=10,20") == Axis("max_tokens", (10, 20))
    assert parse_axis("effort=none,low") == Axis("effort", ("none", "low"))
    assert name_of({"temperature": 0.25, "effort": None}) == "temperature 0.25 · effort unset"


@pytest.mark.parametrize(
    ("axes", "why"),
    [
        (["colour=red"], "one can sweep temperature"),
        (["temperature"], "Write temperature=0,0.5,1"),
        (["temperature=warm"], "takes numbers or unset"),
        (["max_tokens=1.5"], "takes whole numbers or unset"),
        (["temperature=0", "temperature=1"], "swept twice"),
        (["temperature=0,0.1,0.2,0.3", "top_p=0,1", "max_tokens=" + ",".join(map(str, range(1, 61)))], "480"),
    ],
)
def test_what_cannot_be_swept_says_why(axes: list[str], why: str) -> None:
    with pytest.raises(BadSweep, match=why):
        swept(NOVA, *axes)


def test_axes_made_in_code_are_checked_as_well() -> None:
    for axis, why in ((Axis("model", ("a",)), "cannot be swept"), (Axis("top_p", ()), "has no value")):
        with pytest.raises(BadSweep, match=why):
            expand(Variant(model=NOVA), [axis], inputs=Inputs("Hello"), resolution=resolve(NOVA, MODELS))


def results(sweep: Sweep) -> list[SweepResult]:
    """Accuracy 0.1, 0.2 …; cost 1, 2 …, that of the second unknown."""
    return [
        SweepResult(
            settings=one.settings, accuracy=n / 10, length=10.0 * n, cost=None if n == 2 else Decimal(n)
        )
        for n, one in enumerate(sweep.points, 1)
    ]


def test_results_become_a_table_of_two_settings() -> None:
    sweep = swept(HAIKU_45, "temperature=unset,0.2", "top-p=unset,0.9")
    found = tabulate(sweep, results(sweep), measure="accuracy", row="temperature", column="top_p")
    values = [[cell.value for cell in row] for row in found.cells]
    assert values == [[0.1, 0.2], [0.3, None]]
    assert "is not sent" in found.cells[1][1].note
    assert (found.row.values, found.column and found.column.values) == ((None, 0.2), (None, 0.9))


def test_an_unknown_cost_stays_unknown_in_a_mean_too() -> None:
    sweep = swept(NOVA, "temperature=0,1", "top_p=0.5,1", "max_tokens=10,20")
    mixed = random.Random(2).sample(results(sweep), len(sweep.points))
    cost = tabulate(sweep, mixed, measure="cost", row="temperature", column="top_p")
    assert [[cell.value for cell in row] for row in cost.cells] == [
        [None, Decimal("3.5")],
        [Decimal("5.5"), Decimal("7.5")],
    ]
    assert cost.cells[0][0].note == "The cost of temperature 0 · top-p 0.5 · max tokens 20 is unknown."
    assert cost.cells[0][0].contenders == 2
    at = tabulate(sweep, mixed, measure="cost", row="temperature", column="top_p", at={"max_tokens": 10})
    assert at.cells[0][0].value == Decimal(1)
    lengths = tabulate(sweep, mixed, measure="length", row="max_tokens")
    assert [cell.value for row in lengths.cells for cell in row] == [40.0, 50.0]
    agreed = tabulate(sweep, mixed, measure="agreement", row="max_tokens")
    assert agreed.cells[0][0].value is None


def test_a_table_takes_two_of_the_swept_parameters() -> None:
    sweep = swept(NOVA, "temperature=0,1")
    for row, column in (("top_p", None), ("temperature", "temperature")):
        with pytest.raises(BadSweep, match="two of the swept parameters: temperature"):
            tabulate(sweep, [], measure="cost", row=row, column=column)
    with pytest.raises(BadSweep, match="two of the swept parameters"):
        tabulate(sweep, [], measure="cost", row="temperature", at={"temperature": 0.0})
    missing = tabulate(sweep, [], measure="cost", row="temperature")
    assert missing.cells[0][0].note == "The cost of temperature 0 is unknown."
