"""Scorers from other distributions: real ones on the import path, good and broken."""

from __future__ import annotations

import importlib
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedrock_playground.evaluation.scorers.registry import (
    BUILT_IN,
    make_scorer,
    make_scorers,
    scorer_kinds,
)
from bedrock_playground.evaluation.scoring import GROUP, BadScorer
from tests.unit.evaluation.desks import SILENT, answer, case

PLUG_IN = '''
"""A distribution of somebody else's."""
from bedrock_playground.evaluation.values import Score

class Length:
    calls_models = False
    def __init__(self, most):
        self.most = most
        self.name = f"short:{most}"
    def score(self, answer, case, desk):
        return Score(float(len(answer.text) <= self.most))

class Kind:
    kind = "short"
    title = "Short"
    help = "Whether the answer is short."
    def make(self, settings):
        return Length(int(settings))

class Usurper(Kind):
    kind = "exact"

KIND, USURPER, NONSENSE = Kind(), Usurper(), object()
'''


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution with one good entry point and several that are not."""
    (tmp_path / "short_scorer.py").write_text(PLUG_IN)
    (tmp_path / "broken_scorer.py").write_text("raise OSError('no disk')")
    metadata = tmp_path / "short_scorer-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: short-scorer\nVersion: 1.0\n")
    entries = f"""\
        [{GROUP}]
        short = short_scorer:KIND
        usurper = short_scorer:USURPER
        nonsense = short_scorer:NONSENSE
        absent = short_scorer:ABSENT
        missing = no_such_module:KIND
        broken = broken_scorer:KIND
        """
    (metadata / "entry_points.txt").write_text(textwrap.dedent(entries))
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("short_scorer", None)
    importlib.invalidate_caches()


@pytest.mark.usefixtures("plug_in")
def test_a_plug_in_is_a_scorer_like_the_apps_own() -> None:
    assert list(scorer_kinds().kinds) == [*BUILT_IN, "short"]
    scorer = make_scorer("short:5")
    assert scorer.name == "short:5"
    assert scorer.score(answer("short"), case(), SILENT).value == 1
    assert scorer.score(answer("longer"), case(), SILENT).value == 0


@pytest.mark.usefixtures("plug_in")
def test_a_broken_plug_in_is_told_and_stops_nothing() -> None:
    broken = {one.name: one for one in scorer_kinds().broken}
    assert set(broken) == {"usurper", "nonsense", "absent", "missing", "broken"}
    assert {one.origin for one in broken.values()} == {"short-scorer"}
    assert broken["broken"].problem == "It cannot be loaded: OSError: no disk"
    assert broken["usurper"].problem == "There is a scorer “exact” already."
    assert "AttributeError" in broken["absent"].problem
    assert make_scorer("exact").score(answer("a"), case("a"), SILENT).value == 1


def test_without_plug_ins_there_are_the_apps_own() -> None:
    found = scorer_kinds()
    assert list(found.kinds) == list(BUILT_IN)
    assert not found.broken


def test_the_apps_own_entry_points_are_those_it_knows_itself() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["entry-points"][GROUP] == BUILT_IN


def test_an_evaluations_scorers_are_made_in_order_and_once() -> None:
    made = make_scorers(["rouge", "exact"])
    assert [scorer.name for scorer in made] == ["rouge:l", "exact"]
    with pytest.raises(BadScorer, match="“rouge:l” is asked for twice"):
        make_scorers(["rouge", "rouge:L"])
    with pytest.raises(BadScorer, match=r"There is no scorer “bleu”\. There are: exact, "):
        make_scorers(["bleu"])
