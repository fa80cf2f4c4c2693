"""A night through Airflow at log level DEBUG, in a process of its own: `python debug_night.py flow flow …`.

`broken:put /records:employees` breaks the vault for one run of a flow.
"""

import os
import sys
from pathlib import Path


def main(steps: list[str]) -> None:
    """Run each step; the environment says where everything is."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.utils.db import initdb

    from veerpont.store import employers
    from veerpont.store.ledger import Ledger

    initdb()
    dags = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    bag = BundleDagBag(dag_folder=dags, bundle_path=Path(dags), bundle_name="dags-folder")
    broken = Path(os.environ["VEERPONT_PROOF_DEFECT"])
    for step in steps:
        *defect, flow = step.removeprefix("broken:").split(":")
        if defect:
            broken.write_text(defect[0], encoding="utf-8")
        run = bag.dags[flow].test(run_conf={"integration": "veerhuis"})
        broken.unlink(missing_ok=True)
        sys.stdout.write(f"{step} ended: {run.state}\n")
        if flow == "employers":
            with Ledger(os.environ["VEERPONT_LEDGER"]).session() as session:
                employers.activate(session, "veerhuis", ["01"], "test")


if __name__ == "__main__":
    main(sys.argv[1:])
