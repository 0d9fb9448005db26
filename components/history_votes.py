"""What votes say of an opened run."""

from __future__ import annotations

import streamlit as st

from bedrock_playground.history import Outcome, RunRecord, Vote
from components.history_filters import local_zone
from components.resources import get_store


def run_votes(record: RunRecord) -> None:
    """Say what votes found of a run, one line each; nothing where nobody voted.

    Args:
        record: The run.

    Raises:
        HistoryError: The history cannot be read.
    """
    for vote in get_store().votes.of_run(record.run_id):
        # As text: a name may be anybody's own words.
        st.text(f"Vote: {in_words(vote, record.run_id)}.")


def in_words(vote: Vote, run_id: str) -> str:
    """Say what a vote found of one of its runs, among whom, and how it was given.

    Args:
        vote: The vote.
        run_id: One of its runs.
    """
    outcome = next(entry.outcome for entry in vote.entries if entry.contender.run_id == run_id)
    among = ", ".join(entry.contender.label for entry in vote.entries)
    match outcome:
        case Outcome.WON:
            found = f"won: the best of {among}"
        case Outcome.LOST:
            found = f"lost: {vote.best} was found the best of {among}"
        case Outcome.TIED:
            found = f"a tie of {among}"
        case Outcome.BAD:
            found = f"all of {among} were found bad"
    how = ", blind" if vote.blind else ""
    who = f", by {vote.user}" if vote.user else ""
    return f"{found}{how}{who} ({vote.voted_at.astimezone(local_zone()):%Y-%m-%d %H:%M})"
