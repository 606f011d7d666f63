"""The ClickHouse of whichever chDB is on the path, asked line by line: it needs nothing but the standard library.

python child.py FOLDER reads [statement, format] as JSON, a line each, and answers each with a line of JSON: what the
statement printed, or [code, text] of the error with which it was refused.
"""

import json
import os
import re
import sys
from importlib.util import find_spec
from unittest.mock import MagicMock

# Wheels import them, for data frames alone.
for name in ("numpy", "pandas", "pyarrow"):
    if find_spec(name) is None:
        sys.modules[name] = MagicMock(__spec__=None)

from chdb.session import Session  # noqa: E402

CODE = re.compile(r"Code: (\d+)\. (?:DB::Exception: )?(.*)", re.DOTALL)

# Wheels print what they like to the standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

session = Session(sys.argv[1])
for line in sys.stdin:
    statement, fmt = json.loads(line)
    try:
        told = bytes(session.query(statement, fmt).bytes()).decode(errors="surrogateescape")
    except Exception as error:
        found = CODE.search(str(error))
        told = [int(found[1]), found[2]] if found else [0, str(error)]
    answers.write(json.dumps(told) + "\n")
    answers.flush()
session.close()
