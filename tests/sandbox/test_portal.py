"""The portal of the sandbox imports files as docs/reference/xpert-suite.md says, seen through SFTP and reports."""

import io
import json

import openpyxl
import paramiko
import pytest
from sandbox_clients import Sender, table

from veerpont_sandbox.portal.state import Report
from veerpont_sandbox.world import Sandbox

JAN = "01 1001 1 Jansen 2020-01-01"
PIET = "01 1002 1 Pietersen 2020-01-01"


def codes(report: Report, level: int | None = None) -> list[str]:
    return [message.code for message in report.messages if level in {None, message.level}]


@pytest.fixture
def portal(sender: Sender) -> Sender:
    """A portal that knows employer 01."""
    sender.employers("01")
    return sender


def test_a_password_is_not_enough(sandbox: Sandbox) -> None:
    transport = paramiko.Transport((sandbox.portal.host, sandbox.portal.port))
    transport.start_client()
    with pytest.raises(paramiko.BadAuthenticationType):
        transport.auth_password("veerhuis", "geheim")
    transport.close()


def test_one_accounts_key_does_not_open_another(sandbox: Sandbox) -> None:
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(sandbox.portal.accounts["oeverland"].key))
    transport = paramiko.Transport((sandbox.portal.host, sandbox.portal.port))
    transport.start_client()
    with pytest.raises(paramiko.AuthenticationException):
        transport.auth_publickey("veerhuis", key)
    transport.close()


def test_the_sender_sees_one_folder_per_flow_and_can_write_nowhere_else(sender: Sender) -> None:
    assert sorted(sender.sftp.listdir("/")) == ["Afdelingen", "Gebruikers", "Medewerkers", "Verzuim", "Werkgevers"]
    with pytest.raises(PermissionError):
        sender.sftp.open("/los.csv", "wb")
    with pytest.raises(PermissionError):
        sender.sftp.mkdir("/Medewerkers/map")


def test_a_file_is_taken_away_at_once_when_it_gets_its_final_name(sender: Sender) -> None:
    report = sender.employers("01", "02")
    assert (report.lines_read, report.created, report.rejected) == (2, 2, 0)
    assert sender.sftp.listdir("/Werkgevers") == []
    assert sender.sandbox.portal.last_file("veerhuis", "employers") == table(
        "employer_code name", "01 Werkgever", "02 Werkgever"
    )
    assert sender.sandbox.portal.files("veerhuis", "employers")[-1] == "w.csv"


def test_a_name_without_a_known_extension_is_left_alone(sender: Sender) -> None:
    before = len(sender.sandbox.portal.reports())
    with sender.sftp.open("/Werkgevers/w.csv.part", "wb") as file:
        file.write(b"half")
    assert sender.sftp.listdir("/Werkgevers") == ["w.csv.part"]
    sender.sftp.remove("/Werkgevers/w.csv.part")
    assert len(sender.sandbox.portal.reports()) == before


def test_a_plain_upload_is_imported_when_it_is_closed(sender: Sender) -> None:
    with sender.sftp.open("/Werkgevers/direct.csv", "wb") as file:
        file.write(table("employer_code name", "07 Werkgever"))
    assert sender.sandbox.portal.reports("veerhuis", "employers")[-1].file == "direct.csv"
    assert sender.sandbox.portal.counts("veerhuis")["employers"] == 1


def test_a_workbook_is_read_and_a_code_typed_as_a_number_loses_its_zero(portal: Sender) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["employer_code", "personnel_number", "employment_number", "last_name", "employment_start"])
    book.active.append(["01", "1001", 1, "Jansen", "2020-01-01"])
    book.active.append([1, "1002", 1, "Pietersen", "2020-01-01"])
    content = io.BytesIO()
    book.save(content)
    report = portal.send("/Medewerkers/m.xlsx", content.getvalue())
    assert (report.created, report.rejected) == (1, 1)
    assert codes(report) == ["getal_in_tekst", "werkgever_onbekend"]


def test_the_same_file_twice_changes_nothing_the_second_time(portal: Sender) -> None:
    for _ in range(2):
        organigram = portal.departments("01 DIR Directie -", "01 KADE Kade DIR")
        employees = portal.employees(f"{JAN} KADE", PIET, header="department_code")
    assert (organigram.changes, organigram.unchanged) == (0, 2)
    assert (employees.changes, employees.unchanged) == (0, 2)


def test_an_employee_missing_from_a_complete_file_is_ended(portal: Sender) -> None:
    portal.employees(JAN, PIET)
    report = portal.employees(JAN)
    assert (report.unchanged, report.ended) == (1, 1)
    assert portal.sandbox.portal.counts("veerhuis")["employees"] == 1
    assert portal.employees(JAN, PIET).updated == 1
    assert portal.sandbox.portal.counts("veerhuis")["employees"] == 2


@pytest.mark.parametrize(("mode", "left"), [("log_only", 2), ("delete", 1)])
def test_what_happens_to_a_missing_employee_is_a_setting(portal: Sender, mode: str, left: int) -> None:
    portal.employees(JAN, PIET)
    portal.sandbox.portal.accounts["veerhuis"].settings.missing_employee = mode  # type: ignore[assignment]
    report = portal.employees(JAN)
    assert report.switches["missing_employee"] == mode
    assert report.ended == 0
    assert portal.sandbox.portal.counts("veerhuis")["employees"] == left


def test_a_file_with_only_a_header_ends_everybody(portal: Sender) -> None:
    portal.employees(JAN, PIET)
    assert portal.employees().ended == 2


def test_an_empty_file_fails_and_changes_nothing(portal: Sender) -> None:
    portal.employees(JAN)
    for name in ("leeg.csv", "leeg.xlsx"):
        report = portal.send(f"/Medewerkers/{name}", b"")
        assert (report.status, report.changes) == ("failed", 0)
    assert portal.sandbox.portal.counts("veerhuis")["employees"] == 1


def test_garbage_fails_and_the_next_file_is_imported(portal: Sender) -> None:
    assert portal.send("/Medewerkers/a.xlsx", b"PK\x03\x04 not a workbook").status == "failed"
    assert portal.send("/Medewerkers/b.csv", b"\xff\xfe\x00").status == "failed"
    assert portal.send("/Medewerkers/c.xml", b"<x/>").status == "failed"
    assert portal.employees(JAN).created == 1


def test_an_ended_employment_is_not_counted_and_not_ended_again(portal: Sender) -> None:
    portal.employees(f"{JAN} 2024-06-30", f"{PIET} -", header="employment_end")
    assert portal.sandbox.portal.counts("veerhuis")["employees"] == 1
    assert portal.employees(f"{PIET} -", header="employment_end").ended == 0


def test_a_department_in_use_stays_then_is_archived_and_comes_back(portal: Sender) -> None:
    portal.departments("01 DIR Directie -", "01 KADE Kade -", "01 LEEG Niemand -")
    portal.employees(f"{JAN} KADE", header="department_code")
    report = portal.departments("01 DIR Directie -")
    assert (report.archived, report.deleted) == (0, 1)
    assert "afdeling_in_gebruik" in codes(report, 3)
    portal.employees(header="department_code")
    report = portal.departments("01 DIR Directie -")
    assert report.archived == 1
    assert "afdeling_gearchiveerd" in codes(report, 2)
    assert portal.sandbox.portal.counts("veerhuis")["departments"] == 1
    report = portal.departments("01 DIR Directie -", "01 KADE Kade -")
    assert "afdeling_geheractiveerd" in codes(report, 2)
    assert (report.updated, report.unchanged) == (1, 1)


def test_the_employee_file_creates_and_reactivates_departments(portal: Sender) -> None:
    report = portal.employees(f"{JAN} KADE Kade", header="department_code department_name")
    assert "afdeling_aangemaakt" in codes(report, 2)
    portal.employees(header="department_code department_name")
    assert portal.departments().archived == 1
    report = portal.employees(f"{JAN} KADE Kade", header="department_code department_name")
    assert "afdeling_geheractiveerd" in codes(report, 2)


def test_parents_that_hold_nothing_are_reported(portal: Sender) -> None:
    report = portal.departments("01 A Een A", "01 B Twee WEG", "01 C Drie D", "01 D Vier C")
    assert sorted(codes(report, 3)) == ["kring", "kring", "parent_onbekend", "zichzelf_als_parent"]
    assert report.created == 4


def test_an_unknown_column_is_a_warning_and_order_does_not_matter(portal: Sender) -> None:
    report = portal.send("/Werkgevers/w.csv", table("kleur name employer_code", "rood Werkgever 02"))
    assert (report.status, report.created, codes(report, 3)) == ("processed", 1, ["onbekende_kolom"])


def test_a_missing_required_column_fails_the_file(portal: Sender) -> None:
    report = portal.send("/Medewerkers/m.csv", table("employer_code last_name", "01 Jansen"))
    assert (report.status, report.lines_read) == ("failed", 0)
    assert "personnel_number" in report.messages[-1].text


def test_headers_follow_the_accounts_mapping(sandbox: Sandbox, sender: Sender) -> None:
    sandbox.portal.accounts["veerhuis"].settings.columns = {"employers": {"employer_code": "WerkgeverCode"}}
    assert sender.send("/Werkgevers/w.csv", table("WerkgeverCode name", "01 Werkgever")).created == 1
    assert sender.employers("02").status == "failed"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("- 1003 1 Smit 2020-01-01 -", "verplicht"),
        ("09 1003 1 Smit 2020-01-01 -", "werkgever_onbekend"),
        ("01 1003 1 Smit 2020-02-31 -", "datum"),
        ("01 1003 1 Smit 01-02-2020 -", "datum"),
        ("01 1003 1 Smit 2020-01-01 2019-12-31", "einde_voor_begin"),
        ("01 1003 1 Sm\x07it 2020-01-01 -", "stuurteken"),
        ("01 1001 1 Jansen 2020-01-01 -", "dubbel"),
    ],
)
def test_a_bad_line_is_rejected_and_the_rest_goes_on(portal: Sender, line: str, code: str) -> None:
    report = portal.employees(f"{JAN} -", line, f"{PIET} -", header="employment_end")
    assert (report.created, report.rejected) == (2, 1)
    (message,) = [message for message in report.messages if message.level == 4]
    assert (message.code, message.line) == (code, 3)
    assert "Smit" not in json.dumps([message.text, message.key])


def test_an_empty_cell_clears_a_field_but_never_contact_data(portal: Sender) -> None:
    header = "city email_work"
    portal.employees(f"{JAN} Arnhem jan@veerhuis.example", header=header)
    assert portal.employees(f"{JAN} - -", header=header).updated == 1
    values = portal.sandbox.portal.accounts["veerhuis"].state.employments["01/1001/1"].values
    assert (values["city"], values["email_work"]) == (None, "jan@veerhuis.example")


def test_rejected_by_key_means_missing_from_a_complete_file(portal: Sender) -> None:
    portal.employees(JAN, PIET)
    portal.sandbox.faults.add("reject_lines", flow="employees", keys=["1002"], times=1)
    report = portal.employees(JAN, PIET)
    assert (report.rejected, report.ended) == (1, 1)


def test_renaming_can_be_refused(portal: Sender) -> None:
    portal.sandbox.faults.add("refuse_rename", times=1)
    with pytest.raises(PermissionError):
        portal.employees(JAN)
    assert portal.sftp.listdir("/Medewerkers") == ["m.csv.part"]
    assert portal.employees(JAN).created == 1


def test_the_connection_can_break_during_an_upload(portal: Sender) -> None:
    portal.sandbox.faults.add("drop_upload", times=1)
    with pytest.raises((OSError, EOFError, paramiko.SSHException)):
        portal.employees(JAN)
    assert Sender(portal.sandbox).employees(JAN).created == 1


def test_a_file_can_stay_after_processing(portal: Sender) -> None:
    portal.sandbox.faults.add("leave_file", times=1)
    portal.employees(JAN)
    assert portal.sftp.listdir("/Medewerkers") == ["m.csv"]
    portal.sftp.remove("/Medewerkers/m.csv")


def test_the_employer_file_never_removes_an_employer(sender: Sender) -> None:
    sender.employers("01", "02")
    assert sender.employers("01").changes == 0
    assert sender.sandbox.portal.counts("veerhuis")["employers"] == 2
