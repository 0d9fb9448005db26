"""Finding scorers: the app's own, and those that other distributions provide by entry point.

A plug-in is a distribution with an entry point in the group
:data:`~bedrock_playground.evaluation.scoring.GROUP` that names a
:class:`~bedrock_playground.evaluation.scoring.ScorerKind`. The app's own are entry points as well, and are
also listed here, so that they are there in a checkout whose metadata is older than its code.

A plug-in's ``pyproject.toml`` and module, say::

    [project.entry-points."bedrock_playground.scorers"]
    short = "short_scorer:KIND"

    @dataclass(frozen=True)
    class Short:
        most: int
        calls_models: bool = False

        @property
        def name(self) -> str:
            return f"short:{self.most}"

        def score(self, answer: Answer, case: Case, desk: Desk) -> Score:
            return Score(float(len(answer.text) <= self.most))

    def build(settings: str) -> Scorer:
        if not settings.isdecimal():
            raise BadScorer("“short” takes how many characters an answer may have, as in “short:80”.")
        return Short(int(settings))

    KIND = Kind("short", "Short", "1 if the answer has no more characters than that.", build)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from bedrock_playground.evaluation.scoring import GROUP, BadScorer, NeedsDataSet, Scorer, ScorerKind
from bedrock_playground.evaluation.values import DataSet

_ROOM = "bedrock_playground.evaluation.scorers"
BUILT_IN: Mapping[str, str] = {
    "exact": f"{_ROOM}.texts:EXACT",
    "normalised": f"{_ROOM}.texts:NORMALISED",
    "contains": f"{_ROOM}.texts:CONTAINS",
    "regex": f"{_ROOM}.patterns:REGEX",
    "classification": f"{_ROOM}.classes:CLASSIFICATION",
    "json-schema": f"{_ROOM}.json_answers:JSON_SCHEMA",
    "fields": f"{_ROOM}.json_answers:FIELDS",
    "rouge": f"{_ROOM}.rouge:ROUGE",
    "similarity": f"{_ROOM}.similarity:SIMILARITY",
    "constraints": f"{_ROOM}.limits:CONSTRAINTS",
    "rank": f"{_ROOM}.ranks:RANK",
    "latency": f"{_ROOM}.limits:LATENCY",
    "cost": f"{_ROOM}.limits:COST",
    "judge": f"{_ROOM}.judge:JUDGE",
}
"""The app's own, in the order in which they are offered, and where each is."""


@dataclass(frozen=True, slots=True)
class BrokenPlugIn:
    """An entry point that gives no kind of scorer."""

    name: str
    """What it is called."""
    origin: str
    """The distribution that it is from, or where it points to."""
    problem: str
    """What is wrong with it, in words."""


@dataclass(frozen=True, slots=True)
class ScorerKinds:
    """What kinds of scorers there are."""

    kinds: Mapping[str, ScorerKind]
    """Each by its name: the app's own first, then plug-ins by name."""
    broken: tuple[BrokenPlugIn, ...]
    """Plug-ins that cannot be used, by name."""


def scorer_kinds() -> ScorerKinds:
    """Find every kind of scorer; a plug-in that cannot be loaded is told, and stops nothing.

    Plug-ins are imported by this: they are packages that whoever installed the app installed with it.
    """
    own = [EntryPoint(name, where, GROUP) for name, where in BUILT_IN.items()]
    found: dict[str, ScorerKind] = {entry.name: entry.load() for entry in own}
    broken: list[BrokenPlugIn] = []
    for entry in sorted(set(_plug_ins()), key=lambda entry: (entry.name, entry.value)):
        kind = _load(entry)
        if isinstance(kind, str):
            broken.append(BrokenPlugIn(entry.name, _origin(entry), kind))
        elif kind.kind in found:
            broken.append(
                BrokenPlugIn(entry.name, _origin(entry), f"There is a scorer “{kind.kind}” already.")
            )
        else:
            found[kind.kind] = kind
    return ScorerKinds(found, tuple(broken))


def make_scorer(
    text: str, *, data_set: DataSet | None = None, kinds: Mapping[str, ScorerKind] | None = None
) -> Scorer:
    """Make a scorer of its name: ``exact``, ``rouge:l``, ``fields:name,city``.

    Args:
        text: A kind, and its settings behind a colon if there are any.
        data_set: What will be scored; some scorers take classes or a schema from it.
        kinds: Those to choose from; by default all there are.

    Raises:
        BadScorer: There is no such kind, or it cannot use its settings or the data set.
    """
    kind, _, settings = text.strip().partition(":")
    if kinds is None:
        kinds = scorer_kinds().kinds
    if kind not in kinds:
        raise BadScorer(f"There is no scorer “{kind}”. There are: {', '.join(kinds)}.")
    made = kinds[kind].make(settings)
    return made.for_data(data_set) if data_set is not None and isinstance(made, NeedsDataSet) else made


def make_scorers(texts: Sequence[str], *, data_set: DataSet | None = None) -> tuple[Scorer, ...]:
    """Make the scorers of an evaluation, in order.

    Raises:
        BadScorer: One of them cannot be made, or two have one name.
    """
    kinds = scorer_kinds().kinds
    made = tuple(make_scorer(text, data_set=data_set, kinds=kinds) for text in texts)
    names = [scorer.name for scorer in made]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadScorer(f"The scorer “{twice}” is asked for twice. Once is enough.")
    return made


def _plug_ins() -> Iterable[EntryPoint]:
    """Others' entry points: the app's own point into the app, whatever its metadata calls them."""
    return (entry for entry in entry_points(group=GROUP) if not entry.value.startswith(f"{_ROOM}."))


def _load(entry: EntryPoint) -> ScorerKind | str:
    """A plug-in's kind, or what is wrong with it."""
    try:
        kind = entry.load()
        told = (kind.kind, kind.title, kind.help)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's module does must not stop ours
        return f"It cannot be loaded: {type(error).__name__}: {error}"
    if not all(isinstance(text, str) for text in told) or not callable(getattr(kind, "make", None)):
        return "It is no kind of scorer: it needs kind, title and help as texts, and make(settings)."
    if not kind.kind or ":" in kind.kind:
        return "Its kind is empty or has a colon in it."
    loaded: ScorerKind = kind
    return loaded


def _origin(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.value
