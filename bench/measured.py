#!/usr/bin/env python3
"""Runs a command and appends to a file: seconds, seconds of all processors, peak memory of its largest process (MB).

    measured.py FILE COMMAND [ARGUMENT...]
"""

import resource
import subprocess
import sys
import time

start = time.monotonic()
status = subprocess.run(sys.argv[2:], check=False).returncode
seconds = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.write(f"{seconds:.3f} {usage.ru_utime + usage.ru_stime:.3f} {usage.ru_maxrss / 1024:.1f}\n")
sys.exit(status)
