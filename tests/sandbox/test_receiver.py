"""The sandbox's receiver of files: an ordinary SFTP folder, beside the portal's account."""

import asyncio
import json

import asyncssh

from veerpont_sandbox.world import Sandbox


async def write(there: dict, *names: str) -> list[str]:
    """Write files into a folder of the receiver's; return what the portal's own account sees."""
    key = asyncssh.import_private_key(there["extra"]["private_key"])
    options = {"port": there["port"], "client_keys": [key], "known_hosts": None}
    async with (
        asyncssh.connect(there["host"], username=there["login"], **options) as receiver,
        receiver.start_sftp_client() as sftp,
    ):
        await sftp.makedirs("payroll_1", exist_ok=True)
        for name in names:
            async with sftp.open(f"payroll_1/{name}.part", "wb") as file:
                await file.write(b"x")
            await sftp.rename(f"payroll_1/{name}.part", f"payroll_1/{name}")
    async with (
        asyncssh.connect(there["host"], username="veerhuis", **options) as account,
        account.start_sftp_client() as sftp,
    ):
        return [str(name) for name in await sftp.listdir("/")]


def test_what_is_written_stays_and_counts_once_it_has_a_manifest(sandbox: Sandbox) -> None:
    """Folders may be made; nothing there is imported, and the portal's own account does not see it."""
    there = json.loads(sandbox.connections()["AIRFLOW_CONN_RECEIVER_VEERHUIS"])
    reports = len(sandbox.portal.reports("veerhuis"))
    assert "payroll_1" not in asyncio.run(write(there, "employment.csv"))
    assert sandbox.portal.deliveries("veerhuis") == []
    asyncio.run(write(there, "manifest.json"))
    (folder,) = sandbox.portal.deliveries("veerhuis")
    assert sorted(path.name for path in folder.iterdir()) == ["employment.csv", "manifest.json"]
    assert len(sandbox.portal.reports("veerhuis")) == reports
