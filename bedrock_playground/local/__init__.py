"""A local endpoint that speaks Amazon Bedrock's HTTP API and answers with real models on this machine.

It is a process of its own (``python -m bedrock_playground.local``), knows nothing of the rest of the package,
and neither boto3 nor botocore: any client of Bedrock can talk to it. The rooms: ``app`` (routes) on
``guard`` (who may call) on ``chat`` (what a request means) on the engines (``llama``, ``embedding``);
``faults`` fails on purpose as a request asks for, ``switchboard`` as whoever holds the secret set it;
``eventstream`` frames; ``weights`` fetches the model; ``process`` runs it.
"""
