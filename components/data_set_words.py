"""What the pages call the facts of a data set."""

from __future__ import annotations

from bedrock_playground.history import HistoryError, StoredDataSet

TASKS = {
    "": "Own task",
    "generation": "Generation",
    "summarisation": "Summarisation",
    "classification": "Classification",
    "question-answering": "Question answering",
    "retrieval": "Retrieval",
    "routing": "Routing",
}
"""The tasks, by the name that is kept."""


def task_words(task: str) -> str:
    """What a task is called; one that is not known, by its own name."""
    return TASKS.get(task, task)


def cases_words(number: int) -> str:
    """Say how many cases."""
    return f"{number:,} {'case' if number == 1 else 'cases'}"


def origin_words(one: StoredDataSet) -> str:
    """Say shortly where a data set comes from."""
    if one.builtin:
        return "Comes with the app"
    return f"Saved by {one.user}" if one.user else "Saved here"


def label_words(one: StoredDataSet) -> str:
    """Name a data set in a list of choices."""
    version = f", version {one.version}" if one.versions > 1 else ""
    return f"{one.name} ({task_words(one.task).lower()}, {cases_words(one.cases)}{version})"


def refusal_words(error: HistoryError) -> str:
    """Say what the history refused, and what to do."""
    return f"{error} {error.advice}"
