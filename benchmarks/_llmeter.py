"""LLMeter's requests per second; run by the environment that has it: URL, model, clients, requests."""

from __future__ import annotations

import asyncio
import logging
import sys

import boto3
from botocore.config import Config
from llmeter.endpoints import BedrockConverseStream  # type: ignore[import-not-found]  # as said above
from llmeter.runner import Runner  # type: ignore[import-not-found]  # as said above


def main(url: str, model: str, *, clients: int, requests: int) -> None:
    """Run it and print the rate."""
    logging.disable(logging.WARNING)
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="AKIDBENCH",
        aws_secret_access_key="secret",  # noqa: S106 - the server looks at nobody's keys
        config=Config(max_pool_connections=64, auth_scheme_preference="sigv4"),
    )
    endpoint = BedrockConverseStream(model, region="us-east-1", bedrock_boto3_client=client)
    payload = BedrockConverseStream.create_payload("Say hello")
    runner = Runner(endpoint, clients=clients, timeout=120)
    each = requests // clients
    asyncio.run(runner.run(payload=payload, n_requests=2))
    result = asyncio.run(runner.run(payload=payload, n_requests=each))
    answers = result.responses
    if len(answers) != each * clients or any(one.error or not one.response_text for one in answers):
        raise SystemExit("LLMeter did not get every answer.")
    print(len(answers) / result.total_test_time)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], clients=int(sys.argv[3]), requests=int(sys.argv[4]))
