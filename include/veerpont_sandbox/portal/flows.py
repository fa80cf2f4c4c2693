"""The portal's flows: folder, columns, and what a line must hold (docs/reference/xpert-suite.md, 2.1 to 2.5)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """One gegevensstroom. `columns`: our names (docs/contracts.md); `required`: an empty one rejects the line.

    Of absence and accounts the template is known: theirs are the portal's own names, but for `department_code`.
    `key`: the columns a thing is known by. `dates` and `numbers`: columns with such values; the others are text.
    """

    name: str
    folder: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    key: tuple[str, ...]
    dates: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


EMPLOYERS = Flow(
    "employers",
    "Werkgevers",
    _words("employer_code name street house_number house_number_addition postal_code city country"),
    required=("employer_code", "name"),
    key=("employer_code",),
    numbers=("house_number",),
)
ORGANIGRAM = Flow(
    "organigram",
    "Afdelingen",
    _words("employer_code department_code name parent_department_code manager_personnel_number"),
    required=("employer_code", "department_code", "name"),
    key=("employer_code", "department_code"),
)
EMPLOYEES = Flow(
    "employees",
    "Medewerkers",
    _words(
        "employer_code personnel_number external_id bsn employment_number initials first_name prefix last_name "
        "partner_prefix partner_last_name name_usage gender birth_date street house_number house_number_addition "
        "postal_code city country phone_private mobile_private email_private mobile_work email_work department_code "
        "department_name cost_centre_code cost_centre_name function contract_type employment_start employment_end "
        "contract_end fte hours_per_week manager_personnel_number"
    ),
    required=("employer_code", "personnel_number", "employment_number", "last_name", "employment_start"),
    key=("employer_code", "personnel_number", "employment_number"),
    dates=("birth_date", "employment_start", "employment_end", "contract_end"),
    numbers=("house_number", "fte", "hours_per_week"),
)
ACCOUNTS = Flow(
    "accounts",
    "Gebruikers",
    _words(
        "Gebruikersgroep Personeelsnummer Inlognaam Achternaam Tussenvoegsels Voorletters Geslacht Roepnaam "
        "Emailadres Telefoonnummer WerkgeverCode department_code"
    ),
    required=_words(
        "Gebruikersgroep Personeelsnummer Inlognaam Achternaam Voorletters Geslacht Emailadres WerkgeverCode"
    ),
    key=("Personeelsnummer", "WerkgeverCode", "department_code"),
)
ABSENCE = Flow(
    "absence",
    "Verzuim",
    _words(
        "WerkgeverCode BSN Personeelsnummer Protocol TrajectId TrajectVerloopId StartdatumTrajectVerloop "
        "EinddatumTrajectVerloop Notitie VerzuimOorzaak Verzuimpercentage DienstverbandGroepCode "
        "BevallingsDatumVermoedelijk BevallingsDatumFeitelijk"
    ),
    # Conditional ones (employer, birth dates): absence.py.
    required=_words("Personeelsnummer Protocol StartdatumTrajectVerloop VerzuimOorzaak Verzuimpercentage"),
    # No dates: what a log says of somebody's illness is which line it was about.
    key=("WerkgeverCode", "Personeelsnummer", "TrajectVerloopId"),
    dates=_words(
        "StartdatumTrajectVerloop EinddatumTrajectVerloop BevallingsDatumVermoedelijk BevallingsDatumFeitelijk"
    ),
    numbers=("Verzuimpercentage",),
)

FLOWS = {flow.name: flow for flow in (EMPLOYERS, ORGANIGRAM, EMPLOYEES, ACCOUNTS, ABSENCE)}
FOLDERS = {flow.name: flow.folder for flow in FLOWS.values()}

CONTACT = ("phone_private", "mobile_private", "email_private", "mobile_work", "email_work")
"""Under standard mapping an empty one never clears what the portal has (docs/reference/xpert-suite.md, 2.3)."""
