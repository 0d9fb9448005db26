"""The live socket over real TCP: who may watch, what arrives, and what a break costs (nothing)."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from bedrock_playground.invocation.errors import InvocationError
from bedrock_playground.invocation.values import Attempt, RunState
from bedrock_playground.rendering import render_markdown
from components.live.hub import LiveHub
from components.live.route import (
    BAD_HELLO,
    NOT_FOUND,
    ORIGIN_REFUSED,
    SESSION_AWAY,
    TICKET_REFUSED,
    LiveOptions,
    assets_version,
    live_routes,
)
from components.live.ticket import issue_ticket
from tests.unit.rendering.test_incremental import without_feeds
from tests.wire.live.client import LiveClient
from tests.wire.live.scripted import ScriptedComparison, markdown_of


class Served:
    def __init__(self, hub: LiveHub, port: int, sessions: set[str]) -> None:
        self.hub = hub
        self.sessions = sessions
        self.address = f"ws://127.0.0.1:{port}/bp/live"
        self.based = f"ws://127.0.0.1:{port}/base/bp/live"
        self.origin = f"http://127.0.0.1:{port}"
        self.http = f"http://127.0.0.1:{port}"

    def add(self, comparison: ScriptedComparison) -> ScriptedComparison:
        self.hub.register(comparison)
        return comparison

    @contextlib.contextmanager
    def watch(
        self, comparison: ScriptedComparison, client: LiveClient | None = None, address: str | None = None
    ) -> Iterator[ClientConnection]:
        with connect(address or self.address, max_size=None, origin=Origin(self.origin)) as found:
            known = client.known() if client else {}
            found.send(
                json.dumps({"op": "hello", "ticket": issue_ticket(comparison.id, "me"), "known": known})
            )
            yield found

    def refusal(self, hello: str, *, origin: str | None = None) -> int:
        with connect(self.address, origin=Origin(origin) if origin else None) as found:
            with contextlib.suppress(ConnectionClosed):  # a refused origin is closed before it can speak
                found.send(hello)
            with pytest.raises(ConnectionClosed) as closed:
                found.recv(timeout=15)
        received = closed.value.rcvd
        assert received is not None
        assert received.reason
        return received.code


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    hub, sessions = LiveHub(), {"me"}
    options = LiveOptions(
        allowed_origins=lambda: ("https://friend.example",),
        session_is_live=sessions.__contains__,
        hub=lambda: hub,
    )
    app = Starlette(routes=[*live_routes("", options), *live_routes("/base", options)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        running = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="websockets-sansio"))
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield Served(hub, listener.getsockname()[1], sessions)
        running.should_exit = True
        thread.join(10)


def pump(found: ClientConnection, client: LiveClient, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not until():
        client.apply(str(found.recv(timeout=max(0.01, deadline - time.monotonic()))))


def hello(**fields: object) -> str:
    return json.dumps({"op": "hello", **fields})


# Who may watch


def test_without_a_valid_ticket_nothing_is_told(server: Served) -> None:
    comparison = server.add(ScriptedComparison(["secret"], rate=None))
    good = issue_ticket(comparison.id, "me")
    forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    for ticket in (None, "", comparison.id, forged, 5, ["x"]):
        assert server.refusal(hello(ticket=ticket)) == TICKET_REFUSED


def test_an_old_ticket_is_refused(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = server.add(ScriptedComparison(["secret"], rate=None))
    past = time.time() - 13 * 3600
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: past)
        old = issue_ticket(comparison.id, "me")
    assert server.refusal(hello(ticket=old)) == TICKET_REFUSED


def test_a_ticket_opens_its_own_comparison_alone(server: Served) -> None:
    mine = server.add(ScriptedComparison(["mine"], rate=None))
    other = server.add(ScriptedComparison(["other"], rate=None))
    mine.start()
    other.start()
    client = LiveClient()
    with connect(server.address) as found:
        found.send(hello(ticket=issue_ticket(mine.id, "me"), comparison=other.id, known={}))
        pump(found, client, lambda: bool(client.ended))
    assert [run.text for run in client.runs.values()] == ["mine"]


def test_a_ticket_is_worth_nothing_without_its_session(server: Served) -> None:
    comparison = server.add(ScriptedComparison(["x"], rate=None))
    assert server.refusal(hello(ticket=issue_ticket(comparison.id, "gone"))) == SESSION_AWAY


def test_an_unknown_comparison_is_said_to_be_unknown(server: Served) -> None:
    assert server.refusal(hello(ticket=issue_ticket("nothing", "me"))) == NOT_FOUND


@pytest.mark.parametrize("first", ["", "nonsense", "[]", '{"op":"stop"}', '{"op":"hello"', "x" * 200_000])
def test_a_bad_hello_is_refused(server: Served, first: str) -> None:
    assert server.refusal(first) == BAD_HELLO


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://friend.example.evil"]
)
def test_a_foreign_page_is_refused(server: Served, origin: str) -> None:
    comparison = server.add(ScriptedComparison(["x"], rate=None))
    ticket = issue_ticket(comparison.id, "me")
    assert server.refusal(hello(ticket=ticket), origin=origin) == ORIGIN_REFUSED


@pytest.mark.parametrize(
    ("origin", "headers"),
    [
        ("https://friend.example", {}),
        ("https://proxy.example", {"X-Forwarded-Host": "proxy.example"}),
        ("http://proxy.example", {"X-Forwarded-Host": "inner, proxy.example:80"}),
    ],
)
def test_our_own_pages_are_let_in(server: Served, origin: str, headers: dict[str, str]) -> None:
    comparison = server.add(ScriptedComparison(["x"], rate=None))
    comparison.start()
    client = LiveClient()
    with connect(server.address, origin=Origin(origin), additional_headers=headers) as found:
        found.send(hello(ticket=issue_ticket(comparison.id, "me"), known={}))
        pump(found, client, lambda: bool(client.ended))
    assert client.of("A").text == "x"


# What arrives


def test_every_lane_arrives_whole_and_rendered(server: Served) -> None:
    scripts = [markdown_of(150, seed=index) for index in range(8)]
    comparison = server.add(ScriptedComparison(scripts, rate=400))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison) as found:
        pump(found, client, lambda: bool(client.ended))
    assert client.labels == list("ABCDEFGH")
    for label, script in zip("ABCDEFGH", scripts, strict=True):
        run = client.of(label)
        assert run.text == script
        assert without_feeds(run.html) == without_feeds(render_markdown(script))
        assert run.facts["state"] == "completed"
        assert run.facts["out"] == 150
        assert run.facts["ttft"] > 0
        assert "latency" not in run.facts or run.facts["latency"] is None


def test_text_outside_the_basic_plane_and_our_own_marks_survive(server: Served) -> None:
    script = "😀 **b😀ld** \x1f\x1e é \"quotes\" \\ back\n\n- 👩‍🚀 item\n\n```python\nx = '😀'\n```\n" * 5
    comparison = server.add(ScriptedComparison([script], rate=900, piece=3))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison) as found:
        pump(found, client, lambda: bool(client.ended))
    assert client.of("A").text == script
    assert without_feeds(client.of("A").html) == without_feeds(render_markdown(script))


def test_a_break_loses_and_doubles_nothing(server: Served) -> None:
    scripts = [markdown_of(300, seed=index) for index in range(3)]
    comparison = server.add(ScriptedComparison(scripts, rate=250))
    comparison.start()
    client = LiveClient()
    for limit in (5, 200, 201, 500, 900):
        with server.watch(comparison, client) as found:
            pump(found, client, lambda limit=limit: bool(client.runs) and len(client.of("A").text) >= limit)  # type: ignore[misc]
    with server.watch(comparison, client) as found:
        pump(found, client, lambda: bool(client.ended))
    for label, script in zip("ABC", scripts, strict=True):
        assert client.of(label).text == script
        assert without_feeds(client.of(label).html) == without_feeds(render_markdown(script))


def test_many_viewers_see_the_same(server: Served) -> None:
    script = markdown_of(200)
    comparison = server.add(ScriptedComparison([script, script], rate=300))
    comparison.start()
    clients = [LiveClient() for _ in range(6)]

    def view(client: LiveClient) -> None:
        with server.watch(comparison) as found:
            pump(found, client, lambda: bool(client.ended))

    threads = [threading.Thread(target=view, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
        time.sleep(0.1)
    for thread in threads:
        thread.join(30)
    assert all(client.of(label).text == script for client in clients for label in "AB")
    assert len({client.of("A").html for client in clients}) == 1


def test_a_late_viewer_gets_it_all_in_bounded_frames(server: Served) -> None:
    script = markdown_of(40_000)
    comparison = server.add(ScriptedComparison([script], rate=None, piece=4_000))
    comparison.start()
    client = LiveClient()
    sizes: list[int] = []
    with server.watch(comparison) as found:
        while not client.ended:
            frame = str(found.recv(timeout=20))
            sizes.append(len(frame))
            client.apply(frame)
    assert client.of("A").text == script
    assert max(sizes) < 110_000
    assert without_feeds(client.of("A").html) == without_feeds(render_markdown(script))


def test_the_base_path_works_too(server: Served) -> None:
    comparison = server.add(ScriptedComparison(["x"], rate=None))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison, address=server.based) as found:
        pump(found, client, lambda: bool(client.ended))
    assert client.of("A").text == "x"


def test_reasoning_retries_and_errors_arrive(server: Served) -> None:
    comparison = server.add(ScriptedComparison(["part"], rate=0))
    run = comparison.lanes[0].runs[0]
    client = LiveClient()
    with server.watch(comparison) as found:
        pump(found, client, lambda: bool(client.runs))
        comparison.advance(2)
        run.reasoning = "thinking "
        run.reasoning = "thinking 😀 hard"
        failed = Attempt(1, 0.0, 0.2, "Throttled", "ThrottlingException", "Slow down.", 429, None, 0.5)
        run.attempts = (failed,)
        pump(found, client, lambda: bool(client.of("A").facts.get("attempts")))
        run.end(InvocationError("It broke.", code="ModelErrorException", request_id="r-1"))
        pump(found, client, lambda: bool(client.ended))
    seen = client.of("A")
    assert seen.text == "pa"
    assert seen.reasoning == "thinking 😀 hard"
    assert seen.facts["attempts"] == [
        {"number": 1, "error": "ThrottlingException", "message": "Slow down.", "backoff": 0.5}
    ]
    assert seen.facts["state"] == "failed"
    assert seen.facts["error"]["what"] == "It broke."
    assert seen.facts["error"]["advice"]
    assert seen.facts["error"]["request"] == "r-1"
    assert "out" not in seen.facts


# What a viewer may do


def test_stop_and_rerun(server: Served) -> None:
    comparison = server.add(ScriptedComparison([markdown_of(5_000)] * 2, rate=100))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison) as found:
        pump(found, client, lambda: bool(client.runs) and len(client.of("A").text) > 40)
        found.send(json.dumps({"op": "stop", "lane": "A"}))
        pump(found, client, lambda: client.of("A").facts.get("state") == "cancelled")
        assert client.of("B").facts["state"] == "running"
        kept = client.of("A").text
        assert kept
        assert comparison.lanes[0].runs[0].text == kept
        found.send(json.dumps({"op": "rerun", "lane": "A"}))
        pump(found, client, lambda: client.of("A").head["id"] == comparison.lanes[0].runs[-1].identity.run_id)
        pump(found, client, lambda: len(client.of("A").text) > 10)
        found.send(json.dumps({"op": "stop", "lane": None}))
        pump(found, client, lambda: bool(client.ended))
    assert comparison.commands == [("stop", "A"), ("rerun", "A"), ("stop", None)]


def test_nonsense_commands_change_nothing(server: Served) -> None:
    comparison = server.add(ScriptedComparison([markdown_of(60)], rate=200))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison) as found:
        for message in (
            "x",
            "[]",
            '{"op":"stop","lane":"Z"}',
            '{"op":"rerun"}',
            '{"op":"rm","lane":"A"}',
            '{"op":"stop","lane":[1]}',
        ):
            found.send(message)
        pump(found, client, lambda: bool(client.ended))
    assert comparison.commands == []
    assert comparison.lanes[0].runs[0].state is RunState.COMPLETED


def test_a_follow_up_goes_on_over_the_same_socket(server: Served) -> None:
    comparison = server.add(ScriptedComparison(["first"], rate=None))
    comparison.start()
    client = LiveClient()
    with server.watch(comparison) as found:
        pump(found, client, lambda: len(client.ended) == 1)
        comparison.follow_up("And then?", ["second"])
        pump(found, client, lambda: len(client.ended) == 2)
    assert client.of("A", 1).text == "second"
    assert client.of("A", 1).head["prompt"] == "And then?"
    assert client.ended[0] != client.ended[1]


# The browser's files


def test_assets_are_served_to_be_cached_for_ever(server: Served) -> None:
    import urllib.error
    import urllib.request

    base = f"{server.http}/bp/live/{assets_version()}"
    with urllib.request.urlopen(f"{base}/lane.js") as answer:
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "immutable" in answer.headers["cache-control"]
    with urllib.request.urlopen(f"{server.http}/base/bp/live/older/live.css") as answer:
        assert answer.headers["cache-control"] == "no-store"
    for name in ("missing.js", "..%2Froute.py", "__init__.py"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{base}/{name}")
        assert refused.value.code == 404
        refused.value.close()
