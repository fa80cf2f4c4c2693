"""Steps and commands start without pandas: it is there for engineers, and takes most of a second to load."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEP = """
import pkgutil, runpy, sys
sys.path.insert(0, "dags")
for path in sorted(__import__("pathlib").Path("dags").glob("*.py")):
    runpy.run_path(str(path))
import airflow.sdk.execution_time.task_runner
import veerpont
for room in ("airflow", "pipeline", "flows", "systems", "store", "alerts"):
    found = __import__("importlib").import_module(f"veerpont.{room}")
    for module in pkgutil.walk_packages(found.__path__, f"{found.__name__}."):
        if ".migrations" not in module.name:
            __import__(module.name)
"""
COMMAND = "import sys, veerpont.cli.main"
LOADED = "print([name for name in ('pandas', 'numpy', 'pyarrow', 'veerpont.frames') if name in sys.modules])"


def test_pandas_is_not_loaded() -> None:
    """By the command, nor by a step of any flow after it."""
    code = "\n".join((COMMAND, LOADED, STEP, LOADED))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.strip().splitlines() == ["[]", "[]"], done.stderr[-2000:]
