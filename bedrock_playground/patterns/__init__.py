"""Patterns: arrangements of several calls that answer like one model.

Each pattern is a small module, to be read in one sitting: ``chain``, ``cascade``, ``routing`` … What they
stand on: :mod:`~bedrock_playground.patterns.members` says who takes part,
:mod:`~bedrock_playground.patterns.desk` makes, records and counts the calls, and
:mod:`~bedrock_playground.patterns.stream` makes an ordinary invocation of it all.
"""
