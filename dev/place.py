"""Where the demo lives: one instance and one sandbox, kept between runs."""

import os
import sys
from pathlib import Path

from veerpont import instance
from veerpont.sandbox.world import Sandbox

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "var" / "demo"
CUSTOMERS = ("veerhuis", "oeverland", "sluis")
"""Two whose source is AFAS, of 12 and of 2,000 people, and one of 12 whose source is Loket."""


def enter() -> Sandbox:
    """Make the instance, set its environment in this process, and return the sandbox, not yet started."""
    os.environ.update(instance.environment(HOME))
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # Airflow starts `airflow`
    try:
        sandbox = Sandbox(HOME / "sandbox", CUSTOMERS)
    except OSError as error:
        raise SystemExit(
            f"The sandbox of the demo is running already ({error.strerror}): stop `make up` first."
        ) from None
    sandbox.write_integrations(HOME / "integrations")
    os.environ.update(sandbox.connections())
    return sandbox
