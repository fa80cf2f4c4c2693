"""Our code as trees, read once for all tests that look into it."""

import ast
from functools import cache
from pathlib import Path


@cache
def walked(path: Path) -> list[ast.AST]:
    """Return every node of a module."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
