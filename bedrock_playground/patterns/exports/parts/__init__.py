"""What exported modules are put together from: real code, linted, typed and tested like the rest.

Nothing here is imported by the program. :mod:`bedrock_playground.patterns.exports.assembly` reads these
files as text and writes those that a pattern needs into its module, so each of them uses boto3, the standard
library and the other parts alone, and no two of them define the same name.
"""
