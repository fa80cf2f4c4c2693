"""Breaks the vault on demand, with what it holds in the exception: as a careless library would do it.

Python imports it first in every process that has this folder on its path. The file that VEERPONT_PROOF_DEFECT names
says which method fails at which objects, such as `put /records`; while it is not there, nothing fails.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from veerpont.store.vault import Vault


def _asked(method: str, path: str) -> bool:
    try:
        wanted, _, part = Path(os.environ["VEERPONT_PROOF_DEFECT"]).read_text(encoding="utf-8").partition(" ")
    except FileNotFoundError:
        return False
    return method == wanted and part in path


def _breaking(method: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def broken(self: Vault, path: str, *content: bytes) -> Any:
        found = work(self, path, *content)
        if _asked(method, path):
            shown = (content[0] if content else found).decode(errors="replace")
            try:
                int(shown)  # an exception that began as another one, which has the value too
            except ValueError as error:
                raise RuntimeError(f"cannot handle {shown}: {error}") from error
        return found

    return broken


for name in ("put", "get"):
    setattr(Vault, name, _breaking(name, getattr(Vault, name)))
