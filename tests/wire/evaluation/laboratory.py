"""An evaluation's surroundings for tests: a scripted Bedrock, a history of its own, a data set, a place."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.prices import Price
from bedrock_playground.catalog.variant import BuiltRequest, Variant
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.results import latest
from bedrock_playground.evaluation.running import create, start
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import OutcomeRow, StoredEvaluation
from bedrock_playground.invocation import BedrockInvoker, ClientConfig, RetryPolicy
from bedrock_playground.invocation.events import InvocationEvent
from bedrock_playground.invocation.protocol import InvocationStream, Invoker
from bedrock_playground.invocation.values import InferenceParameters, InvocationRequest
from bedrock_playground.patterns.backing import Shape
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
        return replace(place_at(self.kitchen.server.url, endpoint=self.endpoint, wrap=wrap), **changes)

    def run(self, store: RunStore, evaluation_id: str, **options: Any) -> Any:
        """Run it to its end."""
        run = start(store, evaluation_id, options.pop("place", None) or self.place(), **options)
        assert run.wait(60)
        return run

    def asked(self) -> Counter[tuple[str, str]]:
        """How often each model was sent each prompt."""
        return Counter(self.kitchen.asked)


def place_at(
    url: str,
    *,
    endpoint: str = "local",
    wrap: Wrap = lambda invoker: invoker,
    prices: Sequence[Price] = (),
    shape: Shape = plain,
) -> Place:
    """A place at a loopback server: free if it is called local, otherwise at these prices."""
    config = ClientConfig(
        region="us-east-1", endpoint_url=url, access_key_id="AKIDTEST", secret_access_key="secret"
    )
    invoker = wrap(BedrockInvoker(config=config, retry=RetryPolicy(base_delay=0.01)))
    estimator = Estimator(PriceBook(listed=(tuple(prices),)).pricer(), endpoint=endpoint, region="us-east-1")

    def guarded(account: Account) -> Invoker:
        return GuardedInvoker(invoker, account=account, estimator=lambda: estimator)

    return Place(guarded=guarded, estimator=lambda: estimator, shape=shape)


def with_max_tokens(variant: Variant, asked: InvocationRequest) -> BuiltRequest:
    """The request with the variant's max tokens."""
    built = plain(variant, asked)
    parameters = InferenceParameters(max_tokens=variant.max_tokens)
    return replace(built, request=replace(built.request, parameters=parameters))


def outcomes(store: RunStore, evaluation_id: str) -> dict[tuple[str, int, int], OutcomeRow]:
    """What came of each contender, case and repeat."""
    return dict(latest(store, evaluation_id))


class Before(Invoker):
    """An invoker around an invoker that does something when a call is recorded and about to be sent."""

    def __init__(self, inner: Invoker, act: Callable[[Callable[[], InvocationStream]], None]) -> None:
        self.inner = inner
        self.act = act

    def stream(self, request: InvocationRequest) -> InvocationStream:
        return BeforeStream(lambda: self.inner.stream(request), self.act)


class BeforeStream:
    """A stream that does something before its first event."""

    def __init__(
        self, start: Callable[[], InvocationStream], act: Callable[[Callable[[], InvocationStream]], None]
    ) -> None:
        self.start = start
        self.act = act
        self.inner = start()
        self.acted = False

    def __iter__(self) -> BeforeStream:
        return self

    def __next__(self) -> InvocationEvent:
        if not self.acted:
            self.acted = True
            self.act(self.start)
        return next(self.inner)

    def cancel(self) -> None:
        self.inner.cancel()


class Gate:
    """Lets so many calls through and holds the others up until it is opened."""

    def __init__(self, through: int) -> None:
        self.left = through
        self.open = threading.Event()
        self.full = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, inner: Invoker) -> Invoker:
        return Before(inner, self.hold)

    def hold(self, _: Callable[[], InvocationStream]) -> None:
        with self.lock:
            self.left -= 1
            held = self.left < 0
        if held:
            self.full.set()
            self.open.wait(30)
