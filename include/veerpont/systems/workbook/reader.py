"""Reading a file from outside, in a process that may break. Called by tasks and the command line, never by a page."""

import os
import subprocess
import sys

import msgspec

from veerpont.model.failures import PassingError, SettingsError
from veerpont.model.messages import Words, coded
from veerpont.systems.workbook import limits
from veerpont.systems.workbook.sheets import Form, FoundColumns, Sheet

_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR")
_PLAIN = Form()
_BROKEN = coded(
    "workbook.damaged",
    "cannot be read: it is damaged, or takes more than {megabytes} MB of memory. Save it again as .xlsx.",
    megabytes=limits.MEMORY // limits.MB,
)


def read(content: bytes, what: Words, form: Form = _PLAIN) -> list[Sheet]:
    """Return the sheets of a workbook, or the one of a csv.

    Args:
        content: the file.
        what: how people are told which file it is; sentences begin with it.
        form: how it is read.

    Raises:
        SettingsError: it is not what is read here, goes beyond a limit, or breaks the process that reads it.
        PassingError: this machine has no room for another process.
    """
    if len(content) > limits.FILE:
        raise SettingsError(
            coded("workbook.too_large", "{what} is larger than {most} MB.", what=what, most=limits.FILE // limits.MB)
        )
    # nothing of our environment goes along: it holds keys, and the process reads what strangers wrote
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    try:
        done = subprocess.run(  # noqa: S603 -- our own module
            [sys.executable, "-m", "veerpont.systems.workbook.child", msgspec.json.encode(form).decode()],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what broke it may show what is in it
            env=environment,
            timeout=limits.SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SettingsError(
            coded(
                "workbook.too_slow",
                "{what} takes longer than {seconds} seconds to read. Take out what is not needed.",
                what=what,
                seconds=limits.SECONDS,
            )
        ) from None
    except OSError as error:
        raise PassingError(
            coded(
                "workbook.no_process", "No process could be started to read a file ({kind}).", kind=type(error).__name__
            )
        ) from None
    if done.returncode:
        raise SettingsError(coded("workbook.refused", "{what} {why}", what=what, why=_BROKEN))
    found = msgspec.json.decode(done.stdout, type=FoundColumns)
    if found.refused:
        raise SettingsError(coded("workbook.refused", "{what} {why}", what=what, why=found.refused))
    return found.sheets
