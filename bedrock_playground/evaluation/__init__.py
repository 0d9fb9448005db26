"""Evaluation: contenders × cases × scorers, and what the numbers say of accuracy, latency and cost.

Importing this is cheap; each room says what it needs.
"""
