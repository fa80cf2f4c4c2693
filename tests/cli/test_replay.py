"""`veerpont sandbox replay`; a long life of it is in tests/proof/test_ordinary_life.py."""

import json

from typer.testing import CliRunner

from veerpont.cli.main import app


def test_the_command_prints_the_comparison() -> None:
    """One document, and the exit code says whether our link was good."""
    done = CliRunner().invoke(app, ["sandbox", "replay", "--days", "2", "--people", "20", "--json"])
    found = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert found["good"]
    assert [day["missing_ours"] for day in found["days"]] == [0, 0]
    assert found["days"][1]["lost_careless"] > 0
