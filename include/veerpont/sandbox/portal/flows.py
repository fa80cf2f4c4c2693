"""The portal's flows: folder, columns, and what a line must hold (xpert-suite.md sections 2.1-2.3)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """One gegevensstroom. `columns`: our names (DESIGN section 6); `required`: an empty one rejects the line.

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

FLOWS = {flow.name: flow for flow in (EMPLOYERS, ORGANIGRAM, EMPLOYEES)}
FOLDERS = {flow.name: flow.folder for flow in FLOWS.values()} | {"accounts": "Gebruikers", "absence": "Verzuim"}
"""Flow → folder; the last two are received and kept, nothing is imported from them yet."""

CONTACT = ("phone_private", "mobile_private", "email_private", "mobile_work", "email_work")
"""Under standard mapping an empty one never clears what the portal has (section 2.3)."""
