"""The text engine: a GGUF file run by llama.cpp through xllamacpp, several requests batched together.

Three traps are dealt with here. xllamacpp opens an HTTP listener of its own on loopback: it gets a random
key, and is used only to count tokens. It takes over SIGINT and SIGTERM when a model is loaded: ``after_load``
lets the process take them back. And its callback is the only way to stop it: progress reports during the
prompt and small prompt batches make a cancelled request end within a second even before its first token.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import secrets
import sys
import threading
import urllib.parse
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bedrock_playground.local.errors import ApiError, invalid
from bedrock_playground.local.llama_job import LlamaJob
from bedrock_playground.local.values import ChatRequest, Generation

_GGUF_MAGIC = b"GGUF"
_PROMPT_BATCH = 128
"""Prompt tokens per step: small enough that other streams keep flowing and a cancelled prompt stops soon."""
_NICENESS = 5
"""Of the engine's threads on Linux, so that the app stays responsive while all cores generate."""
_COUNT_TIMEOUT = 30.0
"""Seconds to wait for a token count."""


@dataclass(frozen=True, slots=True)
class LlamaOptions:
    """How to run one model."""

    slots: int = 8
    """Requests generated at the same time; further ones wait."""
    context: int = 3072
    """Tokens of prompt and answer together, per slot. The cache is allocated at once: 23 KB per token for our
    own model. (In 8 bits it would be half, but answers got visibly worse and prompts 1.6 times as slow.)"""
    max_output_tokens: int = 2048
    """The most output tokens that may be asked for."""
    temperature: float = 0.7
    """When the request leaves it unset."""
    top_p: float = 0.9
    """When the request leaves it unset."""
    top_k: int = 40
    """When the request leaves it unset."""


class LlamaEngine:
    """One model file; loaded on first use or by :meth:`load`.

    Args:
        path: The ``.gguf`` file.
        options: How to run it.
        after_load: Called in an unspecified thread each time a model has been loaded.
    """

    def __init__(
        self, path: Path, options: LlamaOptions, *, after_load: Callable[[], None] = lambda: None
    ) -> None:
        self.path = path
        self.options = options
        self.max_output_tokens = options.max_output_tokens
        self._after_load = after_load
        self._server: Any = None
        self._api_key = secrets.token_urlsafe(24)
        self._load_lock = asyncio.Lock()
        self._slots = asyncio.Semaphore(options.slots)
        self._threads = ThreadPoolExecutor(options.slots, thread_name_prefix=f"llama-{path.stem[:20]}")

    @property
    def busy_slots(self) -> int:
        """How many requests are being generated."""
        return self.options.slots - self._slots._value  # noqa: SLF001 - asyncio offers no public count

    async def load(self) -> None:
        """Load the model unless it is loaded.

        Raises:
            ApiError: ``ModelErrorException`` when the file or the engine cannot be used; says why.
        """
        async with self._load_lock:
            if self._server is None:
                self._check_file()
                self._server = await _in_own_thread(self._open)
                self._after_load()

    @asynccontextmanager
    async def generate(self, request: ChatRequest) -> AsyncIterator[Generation]:
        """Wait for a slot and generate; leaving the context frees the slot. See ``TextEngine``."""
        await self.load()
        await self._slots.acquire()
        job = LlamaJob(asyncio.get_running_loop())
        done = asyncio.get_running_loop().run_in_executor(
            self._threads, job.run, self._server.handle_chat_completions, self._payload(request)
        )
        # The slot is free when the engine has let go of it, which is a little after we did.
        done.add_done_callback(lambda _: self._slots.release())
        try:
            await job.accepted()
            yield job.pieces()
        finally:
            job.cancel()

    async def count_tokens(self, request: ChatRequest) -> int:
        """Count the prompt's tokens with the model's own template and tokenizer; nothing is generated."""
        await self.load()
        try:
            return await asyncio.to_thread(self._count, self._messages(request))
        except (OSError, ValueError, KeyError) as error:
            raise ApiError(
                "ModelErrorException", f"The engine could not count tokens: {error}.", status=424
            ) from None

    def _messages(self, request: ChatRequest) -> list[dict[str, str]]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        return [*system, *({"role": turn.role, "content": turn.text} for turn in request.turns)]

    def _payload(self, request: ChatRequest) -> dict[str, object]:
        def either(value: float | None, default: float) -> float:
            return default if value is None else value

        payload: dict[str, object] = {
            "messages": self._messages(request),
            "max_tokens": either(request.max_tokens, self.max_output_tokens),
            "temperature": either(request.temperature, self.options.temperature),
            "top_p": either(request.top_p, self.options.top_p),
            "top_k": either(request.top_k, self.options.top_k),
            "min_p": 0.0,  # llama.cpp's default would act behind the user's back
            "stop": list(request.stop_sequences),
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,
            "verbose": True,  # tells a stop sequence from the model's own end
        }
        if request.seed is not None:
            payload["seed"] = request.seed
        if request.logprobs:
            # With more candidates than the one that was taken, the engine writes several times slower.
            payload |= {"logprobs": True, "top_logprobs": 1}
        if request.json_schema is not None:
            schema = {"name": "output", "schema": request.json_schema}
            payload["response_format"] = {"type": "json_schema", "json_schema": schema}
        return payload

    def _check_file(self) -> None:
        try:
            with self.path.open("rb") as file:
                magic = file.read(len(_GGUF_MAGIC))
        except OSError as error:
            raise _unusable(self.path, f"it cannot be read ({error.strerror})") from None
        if magic != _GGUF_MAGIC:
            raise _unusable(self.path, "it is not a GGUF file")

    def _open(self) -> Any:  # noqa: ANN401 - xllamacpp is untyped
        try:
            import xllamacpp  # noqa: PLC0415 - an optional package, 100 MB once loaded
        except ImportError as error:
            raise ApiError(
                "ModelErrorException",
                f"The engine is not installed ({error}). Run: pip install 'bedrock-playground[local]'.",
                status=424,
            ) from None
        _lower_priority()
        try:
            return xllamacpp.Server(self._params(xllamacpp))
        except (RuntimeError, ValueError) as error:
            raise _unusable(self.path, f"llama.cpp cannot load it ({error})") from None

    def _params(self, xllamacpp: Any) -> Any:  # noqa: ANN401 - xllamacpp is untyped
        params = xllamacpp.CommonParams()
        params.model.path = str(self.path)
        params.model_alias = {self.path.stem}
        params.verbosity = -1
        params.n_parallel = self.options.slots
        params.n_ctx = self.options.slots * self.options.context
        params.n_batch = params.n_ubatch = _PROMPT_BATCH
        params.cache_ram_mib = 0
        params.cache_idle_slots = False
        params.hostnames = ["127.0.0.1"]
        params.api_keys = [self._api_key]
        params.ui = False
        params.endpoint_slots = False
        params.n_threads_http = 2
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _engine_threads()
        return params

    def _count(self, messages: list[dict[str, str]]) -> int:
        prompt = self._ask("/apply-template", {"messages": messages})["prompt"]
        question = {"content": prompt, "add_special": True, "parse_special": True}
        return len(self._ask("/tokenize", question)["tokens"])

    def _ask(self, path: str, body: dict[str, object]) -> Any:  # noqa: ANN401 - JSON of the engine
        address = urllib.parse.urlsplit(self._server.listening_address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_COUNT_TIMEOUT)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._api_key}"}
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise invalid(f"The model's chat template refused the messages: {answer.get('error', answer)}.")
        return answer


def _unusable(path: Path, why: str) -> ApiError:
    return ApiError(
        "ModelErrorException",
        f"The model file {path.name} cannot be used: {why}. Replace or remove it; other models still work.",
        status=424,
        fields={"resourceName": path.name},
    )


def _engine_threads() -> int:
    """Half of the cores that this process may use, so that the app and the browser have the others.

    The engine's threads spin where they wait for each other: with as many threads as cores, anything else
    that wants a core made it write 0.5 tokens/s, on one thread of two busy cores 3 to 23. (Half of the
    logical cores is also what most processors have of real ones.)
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return max(1, cores // 2)


def _lower_priority() -> None:
    """Make this thread, and those it will start, yield to others; a thread's own affair on Linux alone."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)


async def _in_own_thread(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - as work returns
    """Run blocking work in a thread that is thrown away, because its priority stays changed."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: Exception | None) -> None:  # noqa: ANN401
        if not future.done():
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

    def run() -> None:
        try:
            result, error = work(), None
        except Exception as caught:  # noqa: BLE001 - handed to the awaiting task
            result, error = None, caught
        loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="model-load", daemon=True).start()
    return await future
