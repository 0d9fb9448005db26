"""A report as one HTML file: opens offline, loads nothing, runs nothing. Only its style sheet is read.

What models wrote is rendered by :mod:`bedrock_playground.rendering`, which lets through nothing that loads
or acts; everything else is escaped. The page's own Content-Security-Policy forbids all but its style sheet,
should anything get past both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files

from bedrock_playground import __version__
from bedrock_playground.rendering import render_markdown
from bedrock_playground.sharing.report.charts import charts
from bedrock_playground.sharing.report.facts import (
    COLUMNS,
    LaneFacts,
    ReportFacts,
    RunFacts,
    TurnFacts,
    count,
    milliseconds,
    rows,
    setting_rows,
    speed,
)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may do: be styled."""
_TEXT_COLUMNS = {"variant", "model", "state", "stop reason"}
# Every chart refers to it.
_HATCH = (
    '<svg aria-hidden="true" style="position:absolute;width:0;height:0"><defs><pattern id="hatch" '
    'width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern></defs></svg>'
)


def to_html(facts: ReportFacts) -> str:
    """Write a report as a page of its own.

    Args:
        facts: What it says.

    Returns:
        A whole HTML document, in which nothing refers to anything outside.
    """
    title = escape(f"{facts.title} – Bedrock Playground")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(_body(facts))
        + "\n</main>\n</body>\n</html>\n"
    )


@cache
def style() -> str:
    """The style sheet of everything that is taken away as a page."""
    return (files("bedrock_playground.sharing.report") / "report.css").read_text(encoding="utf-8")


def _body(facts: ReportFacts) -> Iterator[str]:
    region = f", {facts.region}" if facts.region else ""
    yield f"<h1>{escape(facts.title)}</h1>"
    yield (
        f'<p class="where">Run on {facts.started_at:%d %B %Y, %H:%M} UTC at '
        f"{escape(facts.place)}{escape(region)}.</p>"
    )
    yield from _question(facts)
    yield _HATCH
    yield "<h2>Measured</h2>"
    if drawn := charts(facts):
        figures = "".join(
            f'<figure class="chart"><figcaption><b>{escape(title)}</b>'
            f'<span class="muted small">{escape(note)}</span></figcaption>{svg}</figure>'
            for title, note, svg in drawn
        )
        yield f'<div class="charts">{figures}</div>'
    yield _measured(facts)
    yield from _prices(facts.lanes)
    if facts.votes:
        yield "<h2>Votes</h2><ul>" + "".join(f"<li>{escape(vote)}</li>" for vote in facts.votes) + "</ul>"
    yield "<h2>Answers</h2>"
    yield f'<div class="answers">{"".join(_answer(lane) for lane in facts.lanes)}</div>'
    yield "<h2>Settings</h2>"
    yield _settings(facts)
    yield (
        f'<footer class="muted small">Made by Bedrock Playground {escape(__version__)} on '
        f"{facts.made_at:%d %B %Y, %H:%M} UTC. Times are the client’s; n/a is what was not measured or not "
        "told, and unknown is never 0. This page loads nothing and runs nothing.</footer>"
    )


def _question(facts: ReportFacts) -> Iterator[str]:
    yield f'<h2>Prompt</h2><p class="said">{escape(facts.prompt)}</p>'
    if facts.attachments:
        told = escape(", ".join(facts.attachments))
        yield f'<p class="muted small">Beside it, not in this report: {told}.</p>'
    if facts.system:
        yield f'<h3 style="margin-top:1rem">System prompt</h3><p class="said">{escape(facts.system)}</p>'
    if facts.tools:
        yield f'<p class="muted small">Tools on offer: {escape(", ".join(facts.tools))}.</p>'
    if facts.schema:
        yield (
            "<details><summary>The JSON schema that the answer was to follow</summary>"
            f'<pre class="wrap">{escape(facts.schema)}</pre></details>'
        )


def _measured(facts: ReportFacts) -> str:
    shown = [index for index, name in enumerate(COLUMNS) if facts.repeated or name != "repeat"]
    numbers = [COLUMNS[index] not in _TEXT_COLUMNS for index in shown]
    body = [[row[index] for index in shown] for row in rows(facts)]
    return _table([COLUMNS[index] for index in shown], body, numbers=numbers, name="measured")


def _settings(facts: ReportFacts) -> str:
    found = [("model", *(lane.model for lane in facts.lanes)), *setting_rows(facts)]
    return _table(["setting", *(lane.letter for lane in facts.lanes)], found, name="settings")


def _table(
    head: Sequence[str], body: Iterable[Sequence[str]], *, name: str, numbers: Sequence[bool] | None = None
) -> str:
    numbers = numbers or [False] * len(head)
    classes = [' class="number"' if number else "" for number in numbers]
    heads = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' for text, kind in zip(head, classes, strict=True)
    )
    lines = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(text)}</td>" for text, kind in zip(row, classes, strict=True))
        + "</tr>"
        for row in body
    )
    return (
        f'<div class="scroll" style="margin-top:1rem"><table class="{name}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _prices(lanes: Sequence[LaneFacts]) -> Iterator[str]:
    told: dict[str, list[str]] = {}
    for lane in lanes:
        for price in dict.fromkeys(run.price for run in lane.latest):
            told.setdefault(price, []).append(lane.letter)
    if told:
        words = "; ".join(f"{', '.join(letters)}: {price}" for price, letters in told.items())
        yield f'<p class="muted small">Prices – {escape(words.rstrip("."))}.</p>'


def _answer(lane: LaneFacts) -> str:
    several = len(lane.turns) > 1
    turns = "".join(_turn(turn, asked=several) for turn in lane.turns)
    head = f"<h3><span>{escape(lane.letter)}</span><code>{escape(lane.model)}</code></h3>"
    return f'<section class="answer">{head}{turns}</section>'


def _turn(turn: TurnFacts, *, asked: bool) -> str:
    question = f'<p class="asked">{escape(turn.asked)}</p>' if asked and turn.asked else ""
    last = turn.runs[-1]
    others = "".join(
        f"<details><summary>Repeat {run.repeat}</summary>{_run(run)}</details>" for run in turn.runs[:-1]
    )
    label = f'<p class="muted small">Repeat {last.repeat} of {len(turn.runs)}</p>' if others else ""
    return f"{question}{label}{_run(last)}{others}"


def _run(run: RunFacts) -> str:
    parts = []
    if run.reasoning:
        thought = escape(run.reasoning)
        parts.append(f'<details><summary>Reasoning</summary><div class="thought">{thought}</div></details>')
    if run.answer.strip():
        parts.append(f'<div class="md">{render_markdown(run.answer)}</div>')
    parts += [
        f'<p class="small">Asks for <code>{escape(name)}</code></p>'
        f'<pre class="wrap">{escape(arguments)}</pre>'
        for name, arguments in run.calls
    ]
    if run.error:
        parts.append(f'<p class="error"><b>{escape(run.state)}</b> {escape(run.error)}</p>')
    elif not parts:
        parts.append('<p class="muted">No text came back.</p>')
    parts.append(
        f'<p class="facts">TTFT {milliseconds(run.ttft)} · total {milliseconds(run.total)} · '
        f"{speed(run.tokens_per_second)} tokens/s · {count(run.output_tokens)} tokens · "
        f"{escape(run.cost)}</p>"
    )
    return "".join(parts)
