"""An evaluation's surroundings for tests: a scripted Bedrock, a history of its own, a data set, a place."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.results import latest
from bedrock_playground.evaluation.running import create, start
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import OutcomeRow, StoredEvaluation
from bedrock_playground.invocation.protocol import Invoker
from bedrock_playground.patterns.members import Member
from bedrock_playground.spending import Account, Estimator, GuardedInvoker
from tests.wire.patterns.kitchen import Kitchen, plain, solo

Wrap = Callable[[Invoker], Invoker]


@dataclass
class Laboratory:
    """Makes evaluations and runs them; ``open`` anew is another process."""

    folder: Path
    kitchen: Kitchen
    endpoint: str = "local"
    stores: list[RunStore] = field(default_factory=list)

    def open(self) -> RunStore:
        store = RunStore.open(f"sqlite:///{self.folder / 'history.sqlite3'}", data_dir=self.folder)
        self.stores.append(store)
        return store

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def data_set(self, store: RunStore, *, cases: int = 6) -> str:
        made = tuple(
            Case(number=number, inputs={"question": f"question {number}"}, expected=f"a: question {number}")
            for number in range(1, cases + 1)
        )
        return store.data_sets.save(DataSet(data_set_id="", name="Questions", cases=made)).data_set_id

    def make(self, store: RunStore, *members: Member, cases: int = 6, **changes: Any) -> StoredEvaluation:
        contenders = tuple(
            Contender(label=chr(65 + index), name=f"{index} {member.title}", member=member)
            for index, member in enumerate(members or (solo("a"), solo("b")))
        )
        spec = EvaluationSpec(
            name="Test",
            data_set_id=self.data_set(store, cases=cases),
            contenders=contenders,
            prompt="{{question}}",
            concurrency=3,
        )
        return create(store, replace(spec, **changes))

    def place(self, *, wrap: Wrap = lambda invoker: invoker, **changes: Any) -> Place:
        backing = self.kitchen.backing()
        estimator = Estimator(PriceBook(listed=()).pricer(), endpoint=self.endpoint, region="us-east-1")

        def guarded(account: Account) -> Invoker:
            return GuardedInvoker(wrap(backing.invoker), account=account, estimator=lambda: estimator)

        place = Place(guarded=guarded, estimator=lambda: estimator, shape=plain)
        return replace(place, **changes)

    def run(self, store: RunStore, evaluation_id: str, **options: Any) -> Any:
        """Run it to its end."""
        run = start(store, evaluation_id, options.pop("place", None) or self.place(), **options)
        assert run.wait(60)
        return run

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each model was sent each prompt."""
        return Counter(self.kitchen.asked)


def outcomes(store: RunStore, evaluation_id: str) -> dict[tuple[str, int, int], OutcomeRow]:
    """What came of each contender, case and repeat."""
    return dict(latest(store, evaluation_id))


class Gate:
    """An invoker around an invoker that lets so many calls through and holds the others up."""

    def __init__(self, through: int) -> None:
        self.left = through
        self.open = threading.Event()
        self.full = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, inner: Invoker) -> Invoker:
        gate = self

        class Held:
            def stream(self, request: Any) -> Any:
                with gate.lock:
                    gate.left -= 1
                    held = gate.left < 0
                if held:
                    gate.full.set()
                    gate.open.wait(30)
                return inner.stream(request)

        return Held()


PRICE = Decimal("0.03")
"""What a call costs at the kitchen's prices: three tokens out, a cent each."""
