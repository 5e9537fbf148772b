"""Runs in a box: carries out `deskbell` commands from standard input, and answers each when it is done."""

import io
import json
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout

from appliance.__main__ import main

answers = sys.stdout
for line in sys.stdin:
    asked = json.loads(line)
    printed = io.StringIO()
    sys.stdin = io.StringIO(asked["given"])
    with redirect_stdout(printed), redirect_stderr(printed), tempfile.NamedTemporaryFile("w") as file:
        file.write(asked["given"])
        file.flush()
        try:
            status = main([file.name if word == "@given" else word for word in asked["words"]])
        except SystemExit as error:
            status = int(error.code or 0)
    print(json.dumps({"status": status, "printed": printed.getvalue()}), file=answers, flush=True)
