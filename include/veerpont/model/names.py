"""*Our names* of what a portal can get of a flow (docs/contracts.md): keys of `columns`, and fields of the JSON API."""

from collections.abc import Mapping

from veerpont.model.flows import Flow

NAMES: Mapping[Flow, tuple[str, ...]] = {
    flow: tuple(names.split())
    for flow, names in {
        Flow.EMPLOYERS: ("employer_code name street house_number house_number_addition postal_code city country"),
        Flow.ORGANIGRAM: "employer_code department_code name parent_department_code manager_personnel_number",
        Flow.EMPLOYEES: (
            "employer_code personnel_number external_id bsn employment_number initials first_name prefix last_name "
            "partner_prefix partner_last_name name_usage gender birth_date street house_number house_number_addition "
            "postal_code city country phone_private mobile_private email_private mobile_work email_work "
            "department_code department_name cost_centre_code cost_centre_name function contract_type "
            "employment_start employment_end contract_end fte hours_per_week manager_personnel_number"
        ),
        Flow.ACCOUNTS: (
            "user_group personnel_number login last_name prefix initials gender first_name email phone employer_code "
            "department_code"
        ),
        # The literal columns of the absence template: the one template that is documented whole.
        Flow.ABSENCE: (
            "WerkgeverCode BSN Personeelsnummer Protocol TrajectId TrajectVerloopId StartdatumTrajectVerloop "
            "EinddatumTrajectVerloop VerzuimOorzaak Verzuimpercentage BevallingsDatumVermoedelijk "
            "BevallingsDatumFeitelijk"
        ),
        Flow.IBAN: "external_id iban bic",
    }.items()
}

EXTRAS: Mapping[Flow, tuple[str, ...]] = {
    Flow.EMPLOYEES: tuple(
        f"hours_{day}" for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    ),
    Flow.ABSENCE: ("employment_number", "recovery_reason", "no_risk", "safety_net"),
}
"""Our names of what a portal gets only where the integration file names it for that portal, and why."""

HEALTH = frozenset({"recovery_reason", "no_risk", "safety_net"})
"""Those that say something about somebody's health."""
