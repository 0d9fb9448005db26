"""An evaluation's results as text to take away: Markdown, or one HTML page that loads and runs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from bedrock_playground import __version__
from bedrock_playground.catalog.money import format_usd
from bedrock_playground.evaluation.headline import Entrant, Headline, headline, versus
from bedrock_playground.evaluation.reading import Reading
from bedrock_playground.evaluation.statistics import confusion
from bedrock_playground.evaluation.wording import between, called, chance, count, percent, points, seconds
from bedrock_playground.history import StoredDataSet
from bedrock_playground.history.evaluation_records import Spending
from bedrock_playground.patterns.members import Solo
from bedrock_playground.sharing.report.html_page import POLICY, style
from bedrock_playground.sharing.report.markdown_text import fenced, plain


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report."""

    title: str
    """Its heading; empty: it has none."""
    words: tuple[str, ...] = ()
    """Sentences above its table, a paragraph each."""
    head: tuple[str, ...] = ()
    """The columns of its table; empty: it has none."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The table."""
    text: str | None = None
    """A text of the user's, to be shown as it is."""


def message(reading: Reading, scorer: str | None) -> Headline:
    """What an evaluation comes to, in words."""

    def made() -> Headline:
        entrants = [
            Entrant(reading.point(label, scorer), reading.outcomes(label, scorer))
            for label in reading.labels
            if reading.result(label).rows
        ]
        return headline(entrants, seed=reading.spec.seed)

    return reading.once(("headline", scorer), made)


def sections(
    reading: Reading, scorer: str | None, *, data_set: StoredDataSet | None, made_at: datetime
) -> list[Section]:
    """Say what an evaluation came to, part by part.

    Args:
        reading: The results.
        scorer: Whose scores the accuracy is; ``None``: nobody scored.
        data_set: Whose cases were asked, where it is known.
        made_at: When the report is made, in UTC.
    """
    found = [_about(reading, data_set, made_at=made_at), _contenders(reading, scorer)]
    if scorer is not None:
        found += [_pairs(reading, scorer), _tags(reading, scorer), _classes(reading, scorer)]
    found += [_failures(reading), Section("Prompt", text=reading.spec.prompt), _settings(reading)]
    if reading.spec.system:
        found.insert(-1, Section("System prompt", text=reading.spec.system))
    return [one for one in found if one.words or one.rows or one.text]


def _about(reading: Reading, data_set: StoredDataSet | None, *, made_at: datetime) -> Section:
    evaluation, spec = reading.results.evaluation, reading.spec
    named = f"“{data_set.name}”" if data_set else "a data set that is not here any more"
    done, total = reading.answered, evaluation.total
    so_far = "" if done >= total else f" So far {done:,} of {count(total, 'answer')} are in."
    return Section(
        "",
        (
            (
                f"Run on {evaluation.created_at:%Y-%m-%d, %H:%M} UTC over {named}: "
                f"{count(len(spec.contenders), 'contender')}, {count(len(reading.results.facts), 'case')}, "
                f"{count(spec.repeat, 'repeat')}; seed {spec.seed}.{so_far}"
            ),
            f"Made with Bedrock Playground {__version__} on {made_at:%Y-%m-%d, %H:%M} UTC.",
        ),
    )


def _contenders(reading: Reading, scorer: str | None) -> Section:
    words: tuple[str, ...] = ("No scorer looked at these answers.",)
    if scorer is not None:
        said = message(reading, scorer)
        words = (said.message, *said.rest)
    head = (
        "contender", "accuracy", "95 % interval", "cost per request", "per correct answer", "median", "P95",
        "failed", "not scored", "answers", "spent",
    )  # fmt: skip
    rows = []
    for label in reading.labels:
        point, summary = reading.point(label, scorer), reading.summary(label, scorer)
        result = reading.result(label)
        failed = sum(call.failed for call in result.calls)
        rows.append((
            called(reading, label),
            percent(point.accuracy.value),
            between(point.accuracy),
            format_usd(point.cost.value),
            "n/a" if point.per_correct is None else format_usd(point.per_correct),
            seconds(point.p50.value),
            seconds(point.p95.value),
            f"{failed:,}",
            f"{summary.unscored:,}" if scorer is not None else "n/a",
            f"{len(result.rows):,}",
            _spent(result.answers),
        ))  # fmt: skip
    return Section(
        f"Contenders{'' if scorer is None else f', accuracy by {scorer}'}", words, head, tuple(rows)
    )


def _spent(spending: Spending) -> str:
    if spending.unknown == spending.calls:
        return "unknown" if spending.calls else "n/a"
    return f"{format_usd(spending.known)}{' + unknown' if spending.unknown else ''}"


def _pairs(reading: Reading, scorer: str) -> Section:
    labels = [label for label in reading.labels if reading.result(label).rows]
    if len(labels) < 2:
        return Section("")
    best = max(labels, key=lambda label: reading.summary(label, scorer).accuracy.value or 0)
    others = {label: reading.outcomes(label, scorer) for label in labels if label != best}
    found = versus(reading.outcomes(best, scorer), others, seed=reading.spec.seed)
    rows = tuple(
        (
            called(reading, label),
            points(one.paired.difference.value),
            f"{points(one.paired.difference.low)} to {points(one.paired.difference.high)}",
            f"{len(one.paired.second_better):,} / {len(one.paired.first_better):,}",
            chance(one.p_value),
            "yes" if one.more_than_chance else "no",
        )
        for label, one in found.items()
    )
    head = (
        "contender",
        "difference",
        "95 % interval",
        "better / worse on",
        "chance (Holm)",
        "more than chance",
    )
    return Section(f"Held against {called(reading, best)}", (), head, rows)


def _tags(reading: Reading, scorer: str) -> Section:
    tags = sorted({tag for label in reading.labels for tag in reading.tags(label, scorer)})
    rows = []
    for label in reading.labels:
        told = reading.tags(label, scorer)
        cells = [
            f"{percent(told[tag].accuracy.value)} of {told[tag].cases:,}" if tag in told else "n/a"
            for tag in tags
        ]
        rows.append((called(reading, label), *cells))
    return Section("Accuracy by tag", (), ("contender", *tags), tuple(rows)) if tags else Section("")


def _classes(reading: Reading, scorer: str) -> Section:
    rows = []
    for label in reading.labels:
        outcomes = reading.outcomes(label, scorer)
        if any(one.label is not None for one in outcomes):
            told = confusion(outcomes).macro_f1
            rows.append((called(reading, label), "n/a" if told is None else f"{told:.3f}"))
    return Section("Macro-F1", (), ("contender", "macro-F1"), tuple(rows))


def _failures(reading: Reading) -> Section:
    rows = []
    for label in reading.labels:
        kinds: dict[str, int] = {}
        for row in reading.result(label).rows:
            if row.error_type or row.state.value != "completed":
                kind = row.error_type or row.state.value
                kinds[kind] = kinds.get(kind, 0) + 1
        rows += [(called(reading, label), kind, f"{number:,}") for kind, number in sorted(kinds.items())]
    return Section("Failures", (), ("contender", "failure", "answers"), tuple(rows))


def _settings(reading: Reading) -> Section:
    rows = []
    for contender in reading.contenders:
        member = contender.member
        what = member.variant.model if isinstance(member, Solo) else f"pattern: {member.kind}"
        rows.append((called(reading, contender.label), what, _set(contender.member)))
    return Section("Settings", (), ("contender", "model or pattern", "settings"), tuple(rows))


def _set(member: object) -> str:
    if not isinstance(member, Solo):
        return "in the evaluation's JSON"
    told = {
        name: getattr(member.variant, name)
        for name in (
            "temperature",
            "top_p",
            "top_k",
            "max_tokens",
            "reasoning",
            "effort",
            "service_tier",
            "latency",
        )
    }
    return (
        ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
        or "as the model has them"
    )


# Writing


def to_markdown(name: str, parts: Iterable[Section]) -> str:
    """Write a report as Markdown.

    Args:
        name: What the evaluation is called.
        parts: What it says.
    """
    return "\n\n".join(_markdown(name, parts)) + "\n"


def _markdown(name: str, parts: Iterable[Section]) -> Iterator[str]:
    yield f"# {plain(name)}"
    for part in parts:
        if part.title:
            yield f"## {plain(part.title)}"
        yield from (plain(words) for words in part.words)
        if part.text:
            yield fenced(part.text)
        if part.rows:
            lines = [part.head, ("---",) * len(part.head), *part.rows]
            yield "\n".join(
                f"| {' | '.join(cell if cell == '---' else plain(' '.join(cell.split())) for cell in line)} |"
                for line in lines
            )


def to_html(name: str, parts: Iterable[Section]) -> str:
    """Write a report as a page of its own, in which nothing refers to anything outside.

    Args:
        name: What the evaluation is called.
        parts: What it says.
    """
    body = "\n".join(_html(part) for part in parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(name)} – Bedrock Playground</title>\n<style>{style()}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(name)}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _html(part: Section) -> str:
    told = [f"<h2>{escape(part.title)}</h2>"] if part.title else []
    told += [f'<p class="{"" if part.title else "where"}">{escape(words)}</p>' for words in part.words]
    if part.text:
        told.append(f'<pre class="wrap">{escape(part.text)}</pre>')
    if part.rows:
        told.append(_table(part.head, part.rows))
    return "\n".join(told)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
