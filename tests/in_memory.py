"""Temporary files of the tests, in memory where the machine has room there, and gone with the run.

Databases wait for the disk after every transaction, and tests make thousands. With TMPDIR all is there, and stays.
"""

import os
import shutil
import tempfile
from multiprocessing.util import Finalize
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30

if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="veerpont-", dir=MEMORY)
    # after what multiprocessing itself keeps there is gone, and in this process only
    Finalize(None, shutil.rmtree, (tempfile.tempdir, True), exitpriority=-1000)
