"""A night through Airflow at log level DEBUG, in a process of its own: `python debug_night.py flow flow …`.

`broken:put /records:employees` breaks the vault for one run of a flow.
"""

import os
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch


def main(steps: list[str]) -> None:
    """Make Airflow's database and run each step; the environment says where everything is."""
    from airflow.dag_processing import dagbag
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.db import initdb

    initdb()
    dags = os.environ["AIRFLOW__CORE__DAGS_FOLDER"]
    bag = dagbag.BundleDagBag(dag_folder=dags, bundle_path=Path(dags), bundle_name="dags-folder")
    DagBundlesManager().sync_bundles_to_db()
    dagbag.sync_bag_to_db(bag, "dags-folder", None)
    with patch.multiple(dagbag, sync_bag_to_db=lambda *_: None, BundleDagBag=lambda **_: bag):
        # each `test` would read and store all DAGs again
        run(bag.dags, steps)


def run(dags: dict[str, Any], steps: list[str]) -> None:
    """Run each step with DAGs that Airflow's database has."""
    from veerpont.store import employers
    from veerpont.store.ledger import Ledger

    broken = Path(os.environ["VEERPONT_PROOF_DEFECT"])
    for step in steps:
        *defect, flow = step.removeprefix("broken:").split(":")
        if defect:
            broken.write_text(defect[0], encoding="utf-8")
        ended = dags[flow].test(run_conf={"integration": "veerhuis"})
        broken.unlink(missing_ok=True)
        sys.stdout.write(f"{step} ended: {ended.state}\n")
        if flow == "employers":
            with Ledger(os.environ["VEERPONT_LEDGER"]).session() as session:
                employers.activate(session, "veerhuis", ["01"], "test")


if __name__ == "__main__":
    main(sys.argv[1:])
