"""A job's files on this machine: its records, its answers so far, and the way to and from the store.

Blocking; called from threads. Answers are written in the order of the records, so that a job that was cut off
goes on after the last whole line of what it had written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bedrock_playground.local.batch.values import Job
from bedrock_playground.local.s3.objects import ObjectStore, StoreError, bucket_and_key


class Unfit(Exception):
    """A job's files do not fit; the message is the job's."""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """A file of records and the one of their answers."""

    key: str
    """The records' key in the store, under the job's folder; with ``.out`` it is the answers'."""
    records: Path
    """The records."""
    answers: Path
    """The answers so far."""


class JobFiles:
    """The files of one job.

    Args:
        job: The job.
        folder: Where they are kept.
        store: Where records come from and answers go.
    """

    def __init__(self, job: Job, folder: Path, store: ObjectStore) -> None:
        self._job = job
        self._folder = folder
        self._store = store

    def gather(self, minimum: int) -> tuple[list[RecordFile], int]:
        """Bring the records here and check them.

        Args:
            minimum: The fewest records that a job may have.

        Returns:
            The files, and how many records they hold.

        Raises:
            Unfit: There are none, too few, or a line is no record.
            StoreError: The store refused.
        """
        bucket, key = bucket_and_key(self._job.input_uri)
        single = key.endswith(".jsonl")
        prefix = key if single or not key or key.endswith("/") else f"{key}/"
        found = [item.key for item in self._store.find(bucket, prefix) if item.key.endswith(".jsonl")]
        if single:
            found = [name for name in found if name == key]
        if not found:
            raise Unfit(f"There is no .jsonl file at {self._job.input_uri}.")
        self._folder.mkdir(parents=True, exist_ok=True)
        files: list[RecordFile] = []
        total = 0
        for number, name in enumerate(found):
            records = self._folder / f"{number}.jsonl"
            if not records.exists():
                # In one step, so that a file that is here is whole.
                self._store.fetch(bucket, name, arriving := records.with_suffix(".part"))
                os.replace(arriving, records)  # noqa: PTH105
            relative = name.rsplit("/", 1)[-1] if single else name.removeprefix(prefix)
            total += _counted(records, relative)
            files.append(RecordFile(relative, records, records.with_suffix(".out")))
        if total < minimum:
            raise Unfit(
                f"Batch job {self._job.arn} contains less records ({total}) "
                f"than the required minimum of: {minimum}"
            )
        return files, total

    def publish(self, files: list[RecordFile]) -> None:
        """Put the answers so far and the manifest where the job's answers go.

        Raises:
            StoreError: The store refused.
        """
        bucket, key = bucket_and_key(self._job.output_uri)
        folder = f"{key.rstrip('/')}/{self._job.job_id}" if key.strip("/") else self._job.job_id
        for file in files:
            if file.answers.exists():
                self._store.put(bucket, f"{folder}/{file.key}.out", file.answers)
        manifest = self._folder / "manifest.json.out"
        manifest.write_text(json.dumps(self._job.manifest()), encoding="utf-8")
        self._store.put(bucket, f"{folder}/manifest.json.out", manifest)

    def check_output(self) -> None:
        """Look whether the answers have somewhere to go, before any is made.

        Raises:
            StoreError: They have not.
        """
        bucket, key = bucket_and_key(self._job.output_uri)
        self._store.find(bucket, f"{key.rstrip('/')}/{self._job.job_id}/")


def lines_done(answers: Path) -> int:
    """Count the answers that were written whole, and cut off what was not."""
    if not answers.exists():
        return 0
    count, end = 0, 0
    with answers.open("rb+") as file:
        for line in file:
            if line.endswith(b"\n"):
                count, end = count + 1, end + len(line)
        file.truncate(end)
    return count


def record_lines(records: Path) -> Iterator[bytes]:
    """Read the lines of a file that hold something, one by one."""
    with records.open("rb") as file:
        for line in file:
            if line.strip():
                yield line


def _counted(records: Path, name: str) -> int:
    """Count a file's records; every line must be an object with a ``modelInput``."""
    count = 0
    for line in record_lines(records):
        count += 1
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict) or not isinstance(record.get("modelInput"), dict):
            raise Unfit(f"Record {count} of {name} is not a JSON object with a modelInput object.")
    return count


__all__ = ["JobFiles", "RecordFile", "StoreError", "Unfit", "lines_done", "record_lines"]
