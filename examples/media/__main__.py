"""python -m examples.media INBOX LIBRARY"""

import sys

from examples.media.program import main

if __name__ == "__main__":
    sys.exit(main())
