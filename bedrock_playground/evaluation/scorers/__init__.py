"""The scorers that come with the app, and :mod:`.registry`, which finds them and those of plug-ins.

Each is a frozen value without state. A case that nobody labelled is not scored where a label is needed
(``None``, and the note says so); an answer that is wrong is 0. Pure: what needs a model asks the
:class:`~bedrock_playground.evaluation.scoring.Desk`.
"""
