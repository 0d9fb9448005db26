"""ROUGE: how many words, pairs of words, or words in their order an answer shares with a reference.

Source: C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004). Computed by Google's
``rouge-score``, with its Porter stemmer, as papers on summarisation report it. That keeps only ASCII letters
and digits; so its tokenizer is replaced by one that does the same with any script's words, and takes Chinese
and Japanese, which write no spaces, sign by sign. For English nothing changes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

from bedrock_playground.evaluation.scorers.common import UNLABELLED, Kind, best, shown
from bedrock_playground.evaluation.scoring import BadScorer, Desk, Scorer
from bedrock_playground.evaluation.values import Answer, Case, Score

Variety = Literal["1", "2", "l"]
"""Single words, pairs, or the longest common sequence."""
_LIBRARY_NAMES = {"1": "rouge1", "2": "rouge2", "l": "rougeL"}
_MOST = 4_000_000
"""Words of the answer times words of the reference: the longest common sequence then takes some seconds."""
# Kana and Chinese characters one by one, else runs of letters and digits.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


@dataclass(frozen=True, slots=True)
class Rouge:
    """ROUGE's F1, 0 to 1, of the reference that fits best."""

    variety: Variety = "l"
    calls_models: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return f"rouge:{self.variety}"

    def score(self, answer: Answer, case: Case, desk: Desk) -> Score:  # noqa: ARG002 - the protocol's
        """Score an answer."""
        if not case.accepted:
            return UNLABELLED
        return best(self._against(reference, answer.text) for reference in case.accepted)

    def _against(self, reference: str, text: str) -> Score:
        sizes = len(words_of(reference)), len(words_of(text))
        if not sizes[0]:
            return Score(None, "The expected answer has no words.")
        if sizes[0] * sizes[1] > _MOST:
            return Score(None, f"{sizes[1]:,} words against {sizes[0]:,} are too many to be compared.")
        name = _LIBRARY_NAMES[self.variety]
        found = _library(name).score(reference, text)[name]
        share = max(0.0, min(float(found.fmeasure), 1.0))
        return Score(share, f"Precision {found.precision:.2f}, recall {found.recall:.2f}.")


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case, unstemmed."""
    return _WORD.findall(text.lower())


class _Words:
    """A tokenizer for the library."""

    def __init__(self) -> None:
        from nltk.stem.porter import PorterStemmer  # noqa: PLC0415 - a quarter of a second, only when needed

        self._stemmer = PorterStemmer()

    def tokenize(self, text: str) -> list[str]:
        """Split and stem, as the library does: words of more than three letters."""
        return [self._stemmer.stem(word) if len(word) > 3 else word for word in words_of(text)]


@lru_cache(maxsize=3)
def _library(name: str) -> Any:  # noqa: ANN401 - the library has no types
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415 - as above

    return RougeScorer([name], tokenizer=_Words())


def _make(settings: str) -> Scorer:
    variety = (settings or "l").casefold()
    if variety not in _LIBRARY_NAMES:
        raise BadScorer(f"“rouge” takes 1, 2 or l, as in “rouge:l”, not “{shown(settings)}”.")
    return Rouge(cast("Variety", variety))


ROUGE = Kind(
    "rouge",
    "ROUGE",
    "How much of a reference's wording the answer shares, as F1: “rouge:1” words, “rouge:2” pairs of words, "
    "“rouge:l” the longest common sequence. For summaries; it does not see what is true.",
    _make,
)
