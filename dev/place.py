"""Where the demo lives: one instance and one sandbox, kept between runs."""

import os
import sys
from pathlib import Path

import month
import yaml

from veerpont.cli import instance
from veerpont_sandbox.world import Sandbox

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
    if month.is_lived(HOME):
        month.Month(sandbox).all()
    sandbox.write_integrations(HOME / "integrations")
    for file in (HOME / "integrations").glob("*.yaml"):
        _deliver_files_too(file)
    os.environ.update(sandbox.connections())
    return sandbox


def _deliver_files_too(file: Path) -> None:
    """Let payroll data also go to a receiver of files, beside the portal that takes calls."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "payroll" in content:
        taken = {"portal": "files", "connection": f"receiver_{content['name']}", "flows": ["payroll"]}
        content["portals"].append(taken)
        file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
