"""Import this before anything else: a worker works on small things, and many of them, in few threads.

polars has one thread, unless POLARS_MAX_THREADS says otherwise. It starts its threads when it is imported. A batch is
too small to be shared out: with two threads a batch takes no less time, and an event a twentieth more of the processor.

numpy's BLAS has one, unless OPENBLAS_NUM_THREADS says otherwise. Nothing here multiplies matrices, and each of its
threads waits busily for a while when it is started.

Python looks for cycles after so many new objects. Records come by ten thousands and are in none: with its 700, a fifth
of a worker's time went into looking, and a quarter of what it takes to start.
"""

import gc
import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
gc.set_threshold(200_000)
