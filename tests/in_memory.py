"""Temporary files of the tests, in memory where the machine has room there, and gone with the run.

Databases wait for the disk after every transaction, and tests make thousands. With TMPDIR all is there, and stays.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30

if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="veerpont-", dir=MEMORY)
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
