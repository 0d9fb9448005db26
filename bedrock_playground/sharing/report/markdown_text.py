"""A report as Markdown, to be pasted into an issue or a document. Pure.

What models wrote stands in code fences longer than any in it: pasted anywhere, it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bedrock_playground.sharing.report.facts import (
    COLUMNS,
    LaneFacts,
    ReportFacts,
    RunFacts,
    rows,
    setting_rows,
)

# What GitHub and others would read as formatting, a mention, a link or HTML.
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|$~@!&])")


def to_markdown(facts: ReportFacts) -> str:
    """Write a report as Markdown: the prompt, what was measured, votes, answers, settings.

    Args:
        facts: What it says.
    """
    return "\n\n".join(_parts(facts)) + "\n"


def _parts(facts: ReportFacts) -> Iterator[str]:
    region = f", {facts.region}" if facts.region else ""
    yield f"# {facts.title}"
    yield f"Run on {facts.started_at:%Y-%m-%d, %H:%M} UTC at {facts.place}{region}, with Bedrock Playground."
    yield f"## Prompt\n\n{fenced(facts.prompt)}"
    if facts.attachments:
        yield f"Beside it, not here: {plain(', '.join(facts.attachments))}."
    if facts.system:
        yield f"System prompt:\n\n{fenced(facts.system)}"
    if facts.tools:
        yield f"Tools on offer: {plain(', '.join(facts.tools))}."
    if facts.schema:
        yield f"The answer was to follow this JSON schema:\n\n{fenced(facts.schema, 'json')}"
    shown = [index for index, name in enumerate(COLUMNS) if facts.repeated or name != "repeat"]
    measured = [[row[index] for index in shown] for row in rows(facts)]
    yield f"## Measured\n\n{_table([COLUMNS[index] for index in shown], measured)}"
    prices = dict.fromkeys(f"{lane.letter}: {run.price}" for lane in facts.lanes for run in lane.latest)
    yield f"Prices – {plain('; '.join(prices).rstrip('.'))}."
    if facts.votes:
        yield "## Votes\n\n" + "\n".join(f"- {plain(vote)}" for vote in facts.votes)
    yield "## Answers"
    for lane in facts.lanes:
        yield from _lane(lane)
    settings = [("model", *(lane.model for lane in facts.lanes)), *setting_rows(facts)]
    yield f"## Settings\n\n{_table(['setting', *(lane.letter for lane in facts.lanes)], settings)}"


def _lane(lane: LaneFacts) -> Iterator[str]:
    yield f"### {lane.letter}: {plain(lane.model)}"
    for turn in lane.turns:
        if len(lane.turns) > 1 and turn.asked:
            yield f"Turn {turn.number} asks:\n\n{fenced(turn.asked)}"
        for run in turn.runs:
            if len(turn.runs) > 1:
                yield f"Repeat {run.repeat}:"
            yield from _run(run)


def _run(run: RunFacts) -> Iterator[str]:
    if run.answer.strip():
        yield fenced(run.answer)
    for name, arguments in run.calls:
        yield f"Asks for {plain(name)}:\n\n{fenced(arguments, 'json')}"
    if run.error:
        yield f"**{run.state}**: {plain(run.error)}"
    elif not run.answer.strip() and not run.calls:
        yield "No text came back."


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(text) for text in row] for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return plain(" ".join(text.split()))


def plain(text: str) -> str:
    """Escape what Markdown would read as anything but text."""
    return _SPECIAL.sub(r"\\\1", text)


def fenced(text: str, language: str = "text") -> str:
    """Put text into a code fence that nothing in it can close."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
