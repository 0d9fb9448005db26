"""Evaluations to be looked at: run over boto3 and loopback by models that answer as a hash says."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.price_sources import gather
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.running import create, start
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import StoredEvaluation
from bedrock_playground.invocation.protocol import Invoker
from bedrock_playground.patterns.cascade import Cascade, Tier
from bedrock_playground.patterns.criteria_asking import Scored
from bedrock_playground.patterns.members import Solo
from bedrock_playground.spending import Account, Estimator, GuardedInvoker
from tests.wire.invocation.scripted import Exchange
from tests.wire.patterns.kitchen import Kitchen

SMALL = "amazon.nova-micro-v1:0"
LARGE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
STRANGE = "example.nobody-knows-v1:0"
MOODS = ("positive", "neutral", "negative")
PROMPT = "Is the mood of this review positive, neutral or negative? Answer with one word.\n\n{{text}}"
_SKILL = {SMALL: {"easy": 0.94, "hard": 0.42}, LARGE: {"easy": 0.98, "hard": 0.86}}
_TIMES = {SMALL: 0.25, LARGE: 1.1}


def chance(*parts: object) -> float:
    """A number from 0 to 1 that only what is given decides."""
    told = "|".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(told, digest_size=4).digest(), "big") / 2**32


def cases(count: int = 60) -> tuple[Case, ...]:
    """Reviews with a mood, a third of them hard."""
    made = []
    for number in range(1, count + 1):
        kind = "hard" if number % 3 == 0 else "easy"
        mood = MOODS[int(chance("mood", number) * 3)]
        made.append(
            Case(
                number=number,
                inputs={"text": f"Review {number} ({kind}): the {mood} one about the café on the corner."},
                expected=mood,
                tags=(kind, "food" if number % 2 else "travel"),
            )
        )
    return tuple(made)


def mood_of(model: str, prompt: str, *, salt: str = "") -> str:
    """What a model takes a review for."""
    found = re.search(r"Review (\d+) \((\w+)\): the (\w+) one", prompt)
    assert found is not None
    number, kind, mood = found.groups()
    right = chance("right", number, salt) * 0.5 + chance("right", model, number, salt) * 0.5
    if right < _SKILL.get(model, _SKILL[SMALL])[kind]:
        return mood
    others = [other for other in MOODS if other != mood]
    return others[chance("which", model, number) < 0.5]


def says(*, speed: float = 0.0, salt: str = "") -> Any:
    """Models that answer with a mood, or as judges with a score; at times they are overloaded.

    Args:
        speed: How much of its time a model takes; 0: none.
        salt: Makes other answers.
    """

    def answer(model: str, prompt: str, exchange: Exchange) -> None:
        time.sleep(speed * _TIMES.get(model, 0.5) * (0.6 + chance("time", model, prompt)))
        if "<answer>" in prompt:
            said = re.search(r"<answer>\s*(\w+)", prompt)
            right = said is not None and f"the {said[1].lower()} one" in prompt
            least, span = (3, 2.6) if right else (1, 3.4)
            score = min(5, least + int(chance("judge", prompt) * span))
            reason = "It fits the review." if right else "It does not."
            exchange.answer(json.dumps({"score": score, "reason": reason}))
        elif model == SMALL and chance("fails", prompt, salt) < 0.03:
            exchange.error(400, "ValidationException", "The input is not valid for this model.")
        else:
            exchange.answer(mood_of(model, prompt, salt=salt).capitalize() + ".")

    return answer


def solo(model: str, **settings: Any) -> Solo:
    return Solo(variant=Variant(model=model, max_tokens=20, **settings))


def cascade(threshold: float = 4) -> Cascade:
    """The small model first, and the large one where the large one thinks little of the answer."""
    return Cascade(
        tiers=(Tier(member=solo(SMALL)), Tier(member=solo(LARGE))),
        criteria=(Scored(judge=solo(SMALL, temperature=0.0), threshold=threshold),),
    )


def contenders() -> tuple[Contender, ...]:
    return (
        Contender(label="A", name="Nova Micro", member=solo(SMALL)),
        Contender(label="B", name="Sonnet 4.5", member=solo(LARGE)),
        Contender(label="C", name="Cascade Micro → Sonnet", member=cascade()),
        Contender(label="D", name="Nobody’s model", member=solo(STRANGE)),
    )


def data_set(store: RunStore, *, count: int = 60, name: str = "Moods") -> str:
    """Keep the reviews; return their id."""
    made = DataSet(data_set_id="", name=name, cases=cases(count), task="classification", prompt=PROMPT)
    return store.data_sets.save(made).data_set_id


def place(kitchen: Kitchen) -> Place:
    """Where the kitchen's models are called, at Bedrock's prices; nobody knows what one of them costs."""
    backing = kitchen.backing()
    book = gather(price_file=None, data_dir=Path("/nonexistent"), cache_dir=Path("/nonexistent"), genai=False)
    estimator = Estimator(book.pricer(), endpoint="bedrock", region="us-east-1")

    def guarded(account: Account) -> Invoker:
        return GuardedInvoker(backing.invoker, account=account, estimator=lambda: estimator)

    return Place(guarded=guarded, estimator=lambda: estimator, agreed=(STRANGE,))


def evaluate(store: RunStore, kitchen: Kitchen, **changes: Any) -> StoredEvaluation:
    """Run an evaluation to its end."""
    spec = EvaluationSpec(
        name="Moods of reviews",
        data_set_id=changes.pop("data_set_id", None) or data_set(store, count=changes.pop("count", 60)),
        contenders=contenders(),
        scorers=("classification", "contains"),
        prompt=PROMPT,
        concurrency=16,
    )
    made = create(store, replace(spec, **changes))
    run = start(store, made.evaluation_id, place(kitchen))
    assert run.wait(120)
    assert run.progress.note is None, run.progress.note
    return store.evaluations.found(made.evaluation_id)
