"""Import this before polars: in a worker it gets one thread, unless POLARS_MAX_THREADS says otherwise.

It starts its threads when it is imported. A batch is too small to be shared out: with two threads a batch takes no less
time, and an event a twentieth more of the processor.
"""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
