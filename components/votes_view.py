"""Voting on Compare: which answer of a finished turn is best, whether they tie, or all are bad."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from bedrock_playground.history import Contender, HistoryError, Verdict, Vote, decide
from bedrock_playground.invocation import Comparison, LaneRun
from bedrock_playground.invocation.tool_calls import calls_of
from components import blind_view, compare_blind, compare_state, preset_origin
from components.history_filters import local_zone
from components.resources import get_store
from components.words import plain

_TIE_KEY, _BAD_KEY = "T", "0"
_WORDS = {Verdict.TIE: "It is a tie", Verdict.BAD: "All are bad"}


@dataclass(frozen=True, slots=True)
class Ballot:
    """What can be voted on: one answer per lane of the last turn."""

    comparison_id: str
    """The comparison."""
    turn: int
    """Its last turn."""
    answers: dict[str, LaneRun]
    """Each lane's answer, by letter: of repeats the last one, which is what a lane shows first."""

    def contenders(self) -> list[Contender]:
        """The answers as a vote keeps them."""
        preset_of = preset_origin.of_comparison(self.comparison_id)
        return [
            Contender(
                run.identity.run_id,
                letter,
                run.request.model_id,
                origin.preset_id if (origin := preset_of(letter)) is not None else None,
            )
            for letter, run in self.answers.items()
        ]

    def is_about(self, vote: Vote) -> bool:
        """Whether a vote was given on exactly these answers."""
        return {entry.contender.run_id for entry in vote.entries} == {
            run.identity.run_id for run in self.answers.values()
        }


def ballot(comparison: Comparison) -> Ballot:
    """Collect what can be voted on; a lane that has no answer in the last turn is left out.

    Args:
        comparison: A finished comparison.
    """
    shown = [run for lane in comparison.lanes for run in lane.runs if not run.superseded]
    turn = max((run.identity.turn for run in shown), default=0)
    answers: dict[str, LaneRun] = {}
    for run in sorted(shown, key=lambda run: (run.identity.label, run.identity.repeat)):
        if run.identity.turn == turn and has_answer(run):
            answers[run.identity.label] = run
    return Ballot(comparison.id, turn, answers)


def has_answer(run: LaneRun) -> bool:
    """Whether a run that is over has something to be judged: text, a part of it too, or tool calls."""
    return run.result is not None and bool(run.text.strip() or calls_of(run.result))


def votes(comparison: Comparison, *, drawn_running: bool) -> None:
    """Draw the vote: one button per answer, a tie, all bad; and what was voted.

    While answers still come it stands there switched off, so that nothing moves when they have.

    Args:
        comparison: What is shown.
        drawn_running: Whether it still ran when this page began to be drawn.
    """
    hidden = compare_blind.hidden(comparison.id)
    if len(comparison.lanes) < 2 and not hidden:
        return
    try:
        given = [] if drawn_running else get_store().votes.of_comparison(comparison.id)
    except HistoryError as error:
        st.warning(f"Votes cannot be read. {plain(str(error))}", icon=":material/info:")
        return
    here = ballot(comparison)
    vote = next((vote for vote in given if vote.turn == here.turn and vote.user is None), None)
    names = compare_blind.names(comparison)
    ready = not drawn_running and len(here.answers) >= 2
    with st.container(key="vote"):
        _buttons(here, names, vote=vote, ready=ready, over=not drawn_running)
        if hidden and drawn_running:
            blind_view.wait(comparison)
        else:
            told = _told(here, names, vote=vote, drawn_running=drawn_running)
            st.caption(f"Voting shows the names. {told}" if hidden and ready else told)
        if hidden and not drawn_running and any(comparison.pending_calls(letter) for letter in names):
            st.caption("Tool calls are answered after the vote: their forms stand with the names.")
        if earlier := [vote for vote in given if vote.turn < here.turn]:
            st.caption(f"Before: {'; '.join(in_words(vote, names) for vote in earlier)}.")


def _buttons(here: Ballot, names: dict[str, str], *, vote: Vote | None, ready: bool, over: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="vote_buttons"):
        st.markdown("**Which answer is best?**", width="content")
        for place, (letter, name) in enumerate(names.items(), 1):
            _button(
                f"{name} is best",
                f"vote_{place}",
                shortcut=str(place),
                chosen=vote is not None and vote.best == letter,
                disabled=not ready or letter not in here.answers,
                args=(here, Verdict.BEST, letter),
            )
        for verdict, shortcut in ((Verdict.TIE, _TIE_KEY), (Verdict.BAD, _BAD_KEY)):
            _button(
                "Tie" if verdict is Verdict.TIE else "All bad",
                f"vote_{verdict.value}",
                shortcut=shortcut,
                chosen=vote is not None and vote.verdict is verdict,
                disabled=not ready,
                args=(here, verdict, None),
            )
        if vote is not None:
            st.button(
                "Take back",
                key="vote_take_back",
                type="tertiary",
                icon=":material/undo:",
                on_click=_take_back,
                args=(here,),
            )
        if compare_blind.hidden(here.comparison_id):
            blind_view.reveal_button(here.comparison_id, disabled=not over)


def _button(
    label: str,
    key: str,
    *,
    shortcut: str,
    chosen: bool,
    disabled: bool,
    args: tuple[Ballot, Verdict, str | None],
) -> None:
    st.button(
        label,
        key=key,
        shortcut=shortcut,
        type="primary" if chosen else "secondary",
        icon=":material/check:" if chosen else None,
        disabled=disabled,
        on_click=_give,
        args=args,
    )


def _told(here: Ballot, names: dict[str, str], *, vote: Vote | None, drawn_running: bool) -> str:
    """Say what was voted, or on what a vote would be, or why there can be none."""
    if drawn_running:
        return "You can vote when all have ended."
    if vote is not None and not here.is_about(vote):
        return f"{in_words(vote, names)}, on answers that were run again since. Vote anew to replace it."
    if vote is not None:
        return f":material/how_to_vote: {in_words(vote, names)}. It stands in the history, with its models."
    if len(here.answers) < 2:
        return "A vote needs two answers at least; run again what failed."
    repeat = max(run.identity.repeat for run in here.answers.values())
    which = f" It is on repeat {repeat + 1}, which the lanes show unless you pick another." if repeat else ""
    without = [name for letter, name in names.items() if letter not in here.answers]
    left = f" {', '.join(without)} gave no answer and is left out." if without else ""
    return f"A vote is kept in the history; you can change it or take it back.{which}{left}"


def in_words(vote: Vote, names: dict[str, str]) -> str:
    """Say what was voted, and when.

    Args:
        vote: The vote.
        names: What each lane is called, by letter.
    """
    what = _WORDS.get(vote.verdict) or f"{names.get(vote.best or '', vote.best)} is best"
    turn = f"Turn {vote.turn + 1}: " if vote.turn else ""
    how = ", voted blind" if vote.blind else ""
    return f"{turn}{what}{how} ({vote.voted_at.astimezone(local_zone()):%d %b, %H:%M})"


def _give(here: Ballot, verdict: Verdict, best: str | None) -> None:
    hidden = compare_blind.hidden(here.comparison_id)
    vote = decide(
        here.contenders(),
        verdict,
        comparison_id=here.comparison_id,
        turn=here.turn,
        best=best,
        blind=hidden,
    )
    try:
        get_store().votes.record(vote)
        if hidden:
            compare_blind.reveal(here.comparison_id)
    except HistoryError as error:
        compare_state.tell(f"The vote was not kept. {plain(str(error))}")


def _take_back(here: Ballot) -> None:
    try:
        get_store().votes.take_back(here.comparison_id, here.turn)
    except HistoryError as error:
        compare_state.tell(f"The vote could not be taken back. {plain(str(error))}")
