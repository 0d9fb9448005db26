"""``python -m bedrock_playground.cli``: the command where no console script is installed."""

import sys

from bedrock_playground.cli import main

if __name__ == "__main__":
    sys.exit(main())
