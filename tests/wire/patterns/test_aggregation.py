"""Aggregation over loopback: votes, judges that are asked in both orders, synthesis, quorum and deadline."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from bedrock_playground.invocation import InvocationResult
from bedrock_playground.invocation.errors import NobodyAnswered
from bedrock_playground.patterns.aggregation import Aggregation, Panelist
from bedrock_playground.patterns.merging import Judged, Merge, Synthesis, Vote
from bedrock_playground.patterns.votes import Ballot
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.conftest import Cook
from tests.wire.patterns.kitchen import Kitchen, Says, play, solo


def panel(by: Merge, *models: str) -> Aggregation:
    return Aggregation(members=tuple(Panelist(member=solo(model)) for model in models), by=by)


def says(**said: str) -> Says:
    """Each model its answer; ``fails`` fails."""

    def answer(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "fails":
            exchange.error(400, "ValidationException", "No.")
        else:
            exchange.answer(said[model])

    return answer


def words(result: InvocationResult) -> list[str]:
    assert result.trace is not None
    return [decision.text for decision in result.trace.decisions]


def test_the_majority_wins_and_who_failed_does_not_count(cook: Cook) -> None:
    kitchen = cook(says(a="Rome", b="**Paris**.", c="paris"))
    result, shown = play(panel(Vote(), "fails", "a", "b", "c"), kitchen.backing())
    assert result.text == shown == "**Paris**."
    assert words(result) == [
        "member 1 does not count: No.",
        "member 3 is taken: 2 of 3 say “paris”.",
    ]


@pytest.mark.parametrize("models", [("a", "b"), ("b", "a")])
def test_a_tie_is_broken_by_the_answers_alone_and_said(cook: Cook, models: tuple[str, ...]) -> None:
    result, _ = play(panel(Vote(), *models), cook(says(a="Paris", b="Rome")).backing())
    assert result.text == "Rome"
    assert words(result)[0].endswith("is taken: 1 of 2 say “rome”, a tie with 1 other.")


def test_answers_that_are_no_votes_leave_the_first(cook: Cook) -> None:
    by = Vote(ballot=Ballot(labels=("spam", "ham")))
    result, _ = play(panel(by, "a", "b"), cook(says(a="Who knows?", b="Hard.")).backing())
    assert result.text == "Who knows?"
    assert "no answer could be read as a vote, so the first answer is taken" in words(result)[0]


def prefers(*best: str, others: Says) -> Says:
    """The judge prefers the answer of the first of these words that it is shown, and in which place it is."""

    def answer(model: str, prompt: str, exchange: Exchange) -> None:
        if model != "judge":
            others(model, prompt, exchange)
            return
        if best == ("first",):
            exchange.answer('{"best": 1, "reason": "It comes first."}')
            return
        shown = [part.split("\n")[1] for part in prompt.split("<answer ")[1:]]
        place = next(shown.index(text) + 1 for text in best if text in shown)
        exchange.answer(f'{{"best": {place}, "reason": "It is right."}}')

    return answer


def test_a_judge_is_asked_in_both_orders(cook: Cook) -> None:
    kitchen = cook(prefers("Rome", others=says(a="Paris", b="Rome", c="Oslo")))
    pattern = panel(Judged(judge=solo("judge"), rubric="Which is in Italy?"), "a", "b", "c")
    result, _ = play(pattern, kitchen.backing())
    assert result.text == "Rome"
    assert words(result) == ["member 2 is taken: the judge prefers it in both orders: It is right."]
    assert result.trace is not None
    assert [call.role for call in result.trace.calls][3:] == ["judge", "judge"]
    orders = sorted(prompt.index("Paris") < prompt.index("Oslo") for model, prompt in kitchen.asked[3:])
    assert orders == [False, True]
    assert all("Which is in Italy?" in prompt for _, prompt in kitchen.asked[3:])


@pytest.mark.parametrize(
    ("said", "text", "why"),
    [
        ({"a": "Paris", "b": "Rome"}, "Paris", "so the first answer is taken"),
        ({"a": "Paris", "b": "Rome", "c": "rome."}, "Rome", "so 2 of 3 say “rome”"),
    ],
)
def test_a_judge_that_goes_by_the_place_is_not_believed(  # noqa: PLR0917
    cook: Cook, said: dict[str, str], text: str, why: str
) -> None:
    kitchen = cook(prefers("first", others=says(**said)))
    result, _ = play(panel(Judged(judge=solo("judge")), *said), kitchen.backing())
    assert result.text == text
    assert "the judge prefers another one in each order, " + why in words(result)[0]


def test_without_swapping_the_judge_is_believed(cook: Cook) -> None:
    kitchen = cook(prefers("first", others=says(a="Paris", b="Rome")))
    result, _ = play(panel(Judged(judge=solo("judge"), swap=False), "b", "a"), kitchen.backing())
    assert words(result) == ["member 1 is taken: the judge prefers it: It comes first."]
    assert result.trace is not None
    *members, judge = [call.role for call in result.trace.calls]
    assert (sorted(members), judge) == (["member 1", "member 2"], "judge")


def test_a_judge_that_says_nothing_useful_is_told(cook: Cook) -> None:
    kitchen = cook(says(a="Paris", b="Rome", judge="Both are fine."))
    result, _ = play(panel(Judged(judge=solo("judge")), "a", "b"), kitchen.backing())
    assert "the judge's answer has no best from 1 to 2, so the first answer is taken" in words(result)[0]


def test_a_synthesis_is_written_from_all_and_shown_while_it_comes(cook: Cook) -> None:
    kitchen = cook(says(a="Paris", b="Rome", writer="Paris or Rome."))
    result, shown = play(panel(Synthesis(member=solo("writer")), "a", "b"), kitchen.backing(), "Where?")
    assert result.text == shown == "Paris or Rome."
    asked = kitchen.asked[2][1]
    assert "<request>\nWhere?\n</request>\n<answer 1>\nParis\n</answer 1>\n<answer 2>\nRome" in asked


@pytest.mark.parametrize("by", [Judged(judge=solo("judge")), Synthesis(member=solo("writer"))])
def test_a_single_answer_needs_nobody_else(cook: Cook, by: Merge) -> None:
    kitchen = cook(says(a="Paris"))
    result, _ = play(panel(by, "fails", "a"), kitchen.backing())
    assert words(result)[-1] == "member 2 is taken: no other answer came."
    assert {model for model, _ in kitchen.asked} == {"fails", "a"}


def test_where_nobody_answered_every_reason_is_told(cook: Cook) -> None:
    result, _ = play(panel(Vote(), "fails", "fails"), cook(says()).backing())
    assert isinstance(result.error, NobodyAnswered)
    assert result.error.message == "member 1: No. member 2: No."


def slow(release: threading.Event) -> Says:
    def answer(model: str, prompt: str, exchange: Exchange) -> None:
        if model == "slow":
            release.wait(20)
        exchange.answer("Paris")

    return answer


def test_a_quorum_does_not_wait_for_the_slow(cook: Cook) -> None:
    release = threading.Event()
    pattern = replace(panel(Vote(), "a", "slow", "b"), quorum=2)
    result, _ = play(pattern, cook(slow(release)).backing())
    release.set()
    assert words(result) == [
        "member 2 does not count: it was not waited for.",
        "member 1 is taken: 2 of 2 say “paris”.",
    ]


def test_a_deadline_does_not_wait_for_the_slow(cook: Cook) -> None:
    release = threading.Event()
    pattern = replace(panel(Vote(), "slow"), deadline=0.3)
    result, _ = play(pattern, cook(slow(release)).backing())
    release.set()
    assert isinstance(result.error, NobodyAnswered)
    assert result.error.message == "member 1: it was not waited for."


def test_a_quorum_can_be_lowered_and_raised_afterwards_as_far_as_it_was_recorded(cook: Cook) -> None:
    kitchen = cook(says(a="Rome", b="Paris", c="Paris"))
    play(panel(Vote(), "a", "b", "c"), kitchen.backing())
    _time(kitchen, a=1.0, b=2.0, c=3.0)
    for quorum, text, total in ((1, "Rome", 1.0), (2, "Rome", 2.0), (3, "Paris", 3.0)):
        pattern = replace(panel(Vote(), "a", "b", "c"), quorum=quorum)
        result, _ = play(pattern, kitchen.backing(journal=kitchen.journal()))
        assert (result.text, result.timing.total) == (text, total)


def test_who_was_ended_early_then_is_not_recorded_for_whoever_waits_longer_now(cook: Cook) -> None:
    release = threading.Event()
    kitchen = cook(slow(release))
    one = replace(panel(Vote(), "a", "slow"), quorum=1)
    live, _ = play(one, kitchen.backing())
    release.set()
    same, _ = play(one, kitchen.backing(journal=kitchen.journal()))
    assert words(same) == words(live)
    both, _ = play(replace(one, quorum=2), kitchen.backing(journal=kitchen.journal()))
    assert both.trace is not None
    assert [call.error_type for call in both.trace.calls] == [None, "NotRecorded"]


def _time(kitchen: Kitchen, **totals: float) -> None:
    for index, (identity, request, result, cost) in enumerate(kitchen.ended):
        timed = replace(result, timing=replace(result.timing, total=totals[request.model_id]))
        kitchen.ended[index] = (identity, request, timed, cost)


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="quorum of 3 cannot be reached by 2"):
        replace(panel(Vote(), "a", "b"), quorum=3)
    with pytest.raises(ValueError, match="at least one member"):
        panel(Vote())
