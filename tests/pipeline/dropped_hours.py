"""Words for the tests about hours: what the time registration drops, what people fetch, what the payroll has then."""

from pathlib import Path

from crossings import Crossing

from veerpont_sandbox.loket import import_screen
from veerpont_sandbox.loket.provider import Provider

NOVEMBER = (
    b"aanslnr;persnr;ploeg;verdelingseenheid;1;15;372\r\n"
    b"7001;11;1;20;80;4,5;\r\n"
    b"7001;12;1;20;76,25;;15\r\n"
    b"7001;12;1;30;8;;\r\n"
    b"7001;18;1;40;7,75;;\r\n"
)
FOUR_WEEKS = b"aanslnr;persnr;ploeg;verdelingseenheid;1\r\n7002;3;1;40;18\r\n"


def drop(crossing: Crossing, content: bytes, name: str = "2026-11.csv") -> None:
    """Let the time registration drop a file, in place of the one of that name."""
    folder = Path(crossing.sandbox.home) / "drops" / crossing.name
    (folder / name).write_bytes(content)


def files(crossing: Crossing) -> dict[str, bytes]:
    """Return the file of each name that people would fetch now: there is one."""
    rows = crossing.deliveries("hours", "delivered")
    found = {row["name"]: crossing.vault.open(_object(crossing, row["id"])).read() for row in rows}
    assert len(found) == len(rows)
    return found


def _object(crossing: Crossing, delivery: int) -> str:
    from veerpont.store.tables import Delivery

    with crossing.ledger.session() as session:
        return str(session.get_one(Delivery, delivery).object)


def provider(crossing: Crossing) -> Provider:
    return crossing.sandbox.loket.providers["sluis"]


def upload(crossing: Crossing, content: bytes, administration: int = 7001, period: int = 11) -> import_screen.Report:
    return import_screen.upload(provider(crossing), content, administration=administration, year=2026, period=period)


def payroll(crossing: Crossing) -> dict[tuple[int, int], dict[int, float]]:
    rows = import_screen.payroll(provider(crossing), 7001, 2026, 11)
    return {(row["payrollId"], row["distributionUnit"]): row["components"] for row in rows}
