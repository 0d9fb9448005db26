"""An evaluation beside raw boto3 in a thread pool and LLMeter, at a concurrency of 32, against a fast server.

The evaluation does all that it does: each call's run is noted before it is sent and written after, the
spending guard and the limits look at it, a scorer reads it. Raw boto3 is one shared client, iterated as its
documentation shows, and keeps nothing. LLMeter measures each call and keeps its results in memory, in a
process of its own. They take turns: against a server that answers at once, where every microsecond counts,
and against one that takes as long as a fast model. Memory is looked at over 50,000 cases.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from bedrock_playground.catalog.price_book import PriceBook
from bedrock_playground.catalog.variant import Variant
from bedrock_playground.evaluation import running
from bedrock_playground.evaluation.place import Place
from bedrock_playground.evaluation.spec import Contender, EvaluationSpec
from bedrock_playground.evaluation.values import Case, DataSet
from bedrock_playground.history import RunStore
from bedrock_playground.history.evaluation_records import EvaluationState
from bedrock_playground.invocation import BedrockInvoker, ClientConfig, Invoker, tune_interpreter
from bedrock_playground.patterns.members import Solo
from bedrock_playground.spending import Account, Estimator, GuardedInvoker
from benchmarks._paced_server import PacedServer, paced_server
from benchmarks._table import Row, print_table
from benchmarks.invocation import CONCURRENCY, Read, model_id, raw_reader

ANSWER = " token token token"
"""What the server says to a model of three tokens."""
CASES = {0: 6000, 200: 2000}
"""How many cases a round has, by how long the server waits before its first token, in milliseconds.

A small model on Bedrock takes about the latter. Where answers come at once a round has more of them: starting
the process that writes takes half a second.
"""
_MEGABYTE = 2**20
_LLMETER = Path(".cache/bench/venv/bin/python")
"""What ``make bench`` installs LLMeter for."""


def place_at(server: PacedServer) -> Place:
    """The server as a place to evaluate at: free, as models on this machine are."""
    config = ClientConfig(
        region="us-east-1",
        endpoint_url=server.url,
        access_key_id="AKIDBENCH",
        secret_access_key="secret",  # noqa: S106 - the server looks at nobody's keys
    )
    invoker = BedrockInvoker(config=config)
    estimator = Estimator(PriceBook(listed=()).pricer(), endpoint="local", region="us-east-1")

    def guarded(account: Account) -> Invoker:
        return GuardedInvoker(invoker, account=account, estimator=lambda: estimator)

    return Place(guarded=guarded, estimator=lambda: estimator)


@contextmanager
def opened_store() -> Iterator[RunStore]:
    """A history of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'history.sqlite3'}"
        with RunStore.open(url, data_dir=Path(folder)) as store:
            yield store


def evaluation(store: RunStore, cases: int, *, delay_ms: int = 0) -> str:
    """Make an evaluation of so many cases; returns its id."""
    model = f"evaluated.3.{delay_ms}.0"
    made = tuple(
        Case(number=number, inputs={"text": f"Say hello to number {number}"}, expected=ANSWER)
        for number in range(1, cases + 1)
    )
    data_set = store.data_sets.save(DataSet(data_set_id="", name=f"{cases} cases", cases=made))
    contender = Contender(label="A", name="A", member=Solo(variant=Variant(model=model)))
    spec = EvaluationSpec(
        name="Benchmark",
        data_set_id=data_set.data_set_id,
        contenders=(contender,),
        scorers=("exact",),
        prompt="{{text}}",
        concurrency=CONCURRENCY,
    )
    return running.create(store, spec).evaluation_id


def evaluated_per_second(store: RunStore, place: Place, cases: int, *, delay_ms: int = 0) -> float:
    """Cases per second of a whole evaluation, from its start to when all of it is kept."""
    evaluation_id = evaluation(store, cases, delay_ms=delay_ms)
    began = perf_counter()
    run = running.start(store, evaluation_id, place)
    run.wait()
    took = perf_counter() - began
    progress = run.progress
    if progress.state is not EvaluationState.COMPLETED or progress.failures:
        raise RuntimeError(f"The evaluation did not complete: {progress}")
    return cases / took


def called_per_second(read: Read, cases: int, *, delay_ms: int) -> float:
    """The same calls per second in a thread pool."""
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        began = perf_counter()
        list(pool.map(read, [model_id(3, delay_ms=delay_ms) for _ in range(cases)]))
        return cases / (perf_counter() - began)


def metered_per_second(url: str, cases: int, *, delay_ms: int) -> float:
    """The same calls per second by LLMeter, from its first request to its last result."""
    if not _LLMETER.exists():
        raise SystemExit(
            "LLMeter is not here, which we are measured beside: run make bench, which installs it."
        )
    script = Path(__file__).with_name("_llmeter.py")
    command = [str(_LLMETER), str(script), url, model_id(3, delay_ms=delay_ms), str(CONCURRENCY), str(cases)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def compare(server: PacedServer, *, rounds: int, cases: int, delay_ms: int) -> list[Row]:
    """Measure all, taking turns."""
    place, raw = place_at(server), raw_reader(server.url)
    with opened_store() as store:
        evaluated_per_second(store, place, 200)
        called_per_second(raw, 200, delay_ms=0)
        ours, theirs, metered = [], [], []
        for number in range(rounds):
            for mine in (True, False) if number % 2 else (False, True):
                if mine:
                    ours.append(evaluated_per_second(store, place, cases, delay_ms=delay_ms))
                else:
                    theirs.append(called_per_second(raw, cases, delay_ms=delay_ms))
            metered.append(metered_per_second(server.url, cases, delay_ms=delay_ms))
    rate, baseline, other = statistics.median(ours), statistics.median(theirs), statistics.median(metered)
    return [
        Row(
            f"evaluation: cases/s at {CONCURRENCY}, {delay_ms} ms to the first token",
            f"{rate:.0f}",
            f"boto3 {baseline:.0f}",
            rate / baseline,
            "≥ 0.9 × boto3",
            rate >= 0.9 * baseline,
        ),
        Row(
            f"evaluation: cases/s at {CONCURRENCY}, {delay_ms} ms, beside LLMeter",
            f"{rate:.0f}",
            f"LLMeter {other:.0f}",
            rate / other,
            "",
            None,
        ),
    ]


def memory(server: PacedServer, *, cases: int) -> list[Row]:
    """Look at how much memory this process takes while it evaluates many cases."""
    place = place_at(server)
    with opened_store() as store:
        evaluated_per_second(store, place, 2000)
        evaluation_id = evaluation(store, cases)
        gc.collect()
        run = running.start(store, evaluation_id, place)
        seen: list[tuple[int, float]] = []
        while not run.wait(0.5):
            seen.append((run.progress.done, resident()))
    early = [size for done, size in seen if 0.1 * cases <= done <= 0.3 * cases]
    late = [size for done, size in seen if done >= 0.8 * cases]
    before, after = statistics.median(early), statistics.median(late)
    return [
        Row(
            f"evaluation: memory over {cases:,} cases, last fifth",
            f"{after:.0f} MB",
            f"second tenth {before:.0f} MB",
            after / before,
            "≤ 1.05 ×",
            after <= 1.05 * before,
        )
    ]


def resident() -> float:
    """How much memory this process has now, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / _MEGABYTE


def main(argv: list[str] | None = None) -> list[Row]:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=50_000, help="cases over which memory is looked at")
    options = parser.parse_args(argv)
    tune_interpreter()
    with paced_server() as server:
        rows = []
        for delay_ms, cases in CASES.items():
            rows += compare(server, rounds=options.rounds, cases=cases, delay_ms=delay_ms)
        rows += memory(server, cases=options.many)
    return rows


if __name__ == "__main__":
    print_table(main(sys.argv[1:]))
