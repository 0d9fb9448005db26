"""From a token's arrival in the server to its being visible in Chromium: 8 lanes × 100 tokens/s of Markdown.

A scripted feed stands in for the models, so that the time of every token is known exactly; the path from
there (hub, socket, rendering, component, page) is the real one. The page is headless Chromium on the same
machine, so both share one clock. Text carries numbered marks; a mark counts as visible after the frame that
shows it was painted. Server CPU is the whole process's, less what the same producers take in a process of
their own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks._table import Row, print_table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "benchmarks" / "_live_page.py"
LANES = 8
RATE = 100.0

_WATCH = """
() => {
  const seen = (window.bpSeen = []);
  const long = (window.bpLong = []);
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) long.push([performance.timeOrigin + task.startTime, task.duration]);
  }).observe({ entryTypes: ["longtask"] });
  const newest = {};
  const painted = new MessageChannel();
  let pending = [];
  painted.port1.onmessage = () => {
    const now = performance.timeOrigin + performance.now();
    for (const [lane, mark] of pending) seen.push([lane, mark, now]);
    pending = [];
  };
  const look = () => {
    for (const text of document.querySelectorAll('[data-testid="lane-text"]')) {
      const lane = text.closest("section").getAttribute("aria-label").at(-1);
      // Only the end is read: reading the whole text 60 times a second would be most of the load.
      const blocks = text.querySelector(".bp-md")?.children ?? [];
      const last = [...blocks].slice(-5);
      const marks = last.map((block) => block.textContent).join(" ").match(/q\\d+z/g);
      if (!marks) continue;
      const mark = Number(marks.at(-1).slice(1, -1));
      if (newest[lane] === mark) continue;
      newest[lane] = mark;
      pending.push([lane, mark]);
    }
    if (pending.length) painted.port2.postMessage(0);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


@dataclass
class Outcome:
    """One measured stream."""

    latencies: list[float]
    """Milliseconds from arrival to painted, one per mark."""
    long_tasks: list[float]
    """Durations of the page's tasks over 50 ms while text streamed, in milliseconds."""
    server: float
    """Share of one core that the server took, producers not counted."""
    browser: float
    """Share of one core that Chromium took."""
    ratio: float
    """Bytes of all WebSocket frames received, per byte of text."""
    missing: int
    """Marks that were never seen on the page."""


def measure(tokens: int, *, lanes: int = LANES) -> Outcome:
    """Stream ``tokens`` per lane once and measure.

    Args:
        tokens: Tokens per lane.
        lanes: How many lanes.
    """
    sys.path.insert(0, str(ROOT))
    from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, running_app

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        environment = {
            "BP_BENCH": json.dumps({"tokens": tokens, "lanes": lanes, "rate": RATE, "out": folder})
        }
        with running_app(PAGE, home / "app", environment=environment) as server:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1600, "height": 1200})
            frames = _count_frames(page)
            page.goto(server.url)
            page.get_by_test_id("lane-text").nth(lanes - 1).wait_for(timeout=30_000)
            page.wait_for_timeout(2_500)  # the page's own loading is not what is measured
            page.evaluate(_WATCH)
            pids = _descendants(os.getpid())
            before = {pid: _cpu(pid) for pid in pids}
            chrome = _chromium(pids)
            begun = time.time()
            (home / "go").touch()
            _wait_for(home / "produced.json", tokens / RATE + 60)
            ended = time.time()
            spent = {pid: _cpu(pid) - before.get(pid, 0.0) for pid in _descendants(os.getpid())}
            page.wait_for_timeout(1_500)
            seen = page.evaluate("() => window.bpSeen")
            long = page.evaluate("() => window.bpLong")
            browser.close()
        produced = json.loads((home / "produced.json").read_text())
        mine = spent.pop(server.process.pid, 0.0)
    chromium = sum(seconds for pid, seconds in spent.items() if pid in chrome)
    alone = _producers_alone(tokens, lanes)
    return Outcome(
        latencies=_latencies(produced["marks"], seen),
        long_tasks=[duration for at, duration in long if begun * 1000 <= at <= ended * 1000 + 500],
        server=(mine - alone) / (ended - begun),
        browser=chromium / (ended - begun),
        ratio=sum(frames) / produced["bytes"],
        missing=_missing(produced["marks"], seen),
    )


def _count_frames(page: Page) -> list[int]:
    """Collect the payload sizes of the live socket's frames, as the browser's own inspector sees them."""
    sizes: list[int] = []
    ours: set[str] = set()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on(
        "Network.webSocketCreated",
        lambda event: ours.add(event["requestId"]) if event["url"].endswith("/bp/live") else None,
    )
    session.on(
        "Network.webSocketFrameReceived",
        lambda event: (
            sizes.append(len(event["response"]["payloadData"].encode()))
            if event["requestId"] in ours
            else None
        ),
    )
    return sizes


def _latencies(marks: dict[str, list[list[float]]], seen: list[list[Any]]) -> list[float]:
    shown: dict[str, list[tuple[int, float]]] = {}
    for lane, mark, at in seen:
        shown.setdefault(lane, []).append((mark, at))
    found = []
    for lane, produced in marks.items():
        views = iter(shown.get(lane, []))
        view = next(views, None)
        for mark, at in produced:
            while view is not None and view[0] < mark:
                view = next(views, None)
            if view is not None:
                found.append(view[1] - at * 1000)
    return found


def _missing(marks: dict[str, list[list[float]]], seen: list[list[Any]]) -> int:
    last = {lane: max((mark for where, mark, _ in seen if where == lane), default=-1) for lane in marks}
    return sum(mark > last[lane] for lane, produced in marks.items() for mark, _ in produced)


def _wait_for(path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} did not appear: the page never streamed.")
        time.sleep(0.05)


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _descendants(root: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = {root}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {root}


def _chromium(pids: set[int]) -> set[int]:
    names = {}
    for pid in pids:
        try:
            names[pid] = Path(f"/proc/{pid}/cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return {pid for pid, name in names.items() if re.search("chrom", name)}


def _producers_alone(tokens: int, lanes: int) -> float:
    """Return the CPU seconds that the same producers take without anybody watching."""
    code = (
        "import sys, time; sys.setswitchinterval(0.0005)\n"
        "from benchmarks._live_text import scripts\n"
        "from tests.wire.live.scripted import ScriptedComparison\n"
        f"c = ScriptedComparison(scripts({lanes}, {tokens}), rate={RATE})\n"
        "begun = time.process_time(); c.start()\n"
        "while not c.done: time.sleep(0.05)\n"
        "print(time.process_time() - begun)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(arguments: list[str] | None = None) -> list[Row]:
    """Measure 500 and 2,000 tokens per lane and return the table's rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, nargs="*", default=[500, 2_000])
    rows: list[Row] = []
    for tokens in parser.parse_args(arguments).tokens:
        outcome = measure(tokens)
        name = f"8 lanes × {tokens} tokens: "
        p50 = statistics.median(outcome.latencies)
        p95 = statistics.quantiles(outcome.latencies, n=20)[-1]
        longest = max(outcome.long_tasks, default=0.0)
        rows += [
            Row(name + "token to pixel p50", f"{p50:.0f} ms", "", None, "", None),
            Row(name + "token to pixel p95", f"{p95:.0f} ms", "60 ms", p95 / 60, "≤ 60 ms", p95 <= 60),
            Row(
                name + "server CPU",
                f"{outcome.server:.1%}",
                "10 %",
                outcome.server / 0.1,
                "≤ 10 % of a core",
                outcome.server <= 0.1,
            ),
            Row(name + "Chromium CPU", f"{outcome.browser:.0%}", "", None, "", None),
            Row(
                name + "bytes / text bytes",
                f"{outcome.ratio:.2f}",
                "2",
                outcome.ratio / 2,
                "≤ 2",
                outcome.ratio <= 2,
            ),
            Row(
                name + "longest task",
                f"{longest:.0f} ms",
                "150 ms",
                longest / 150,
                "≤ 150 ms",
                longest <= 150,
            ),
            Row(name + "marks never seen", str(outcome.missing), "", None, "0", outcome.missing == 0),
        ]
    return rows


if __name__ == "__main__":
    print_table(main())
