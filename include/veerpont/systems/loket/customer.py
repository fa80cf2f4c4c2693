"""What only the customer knows of its Loket, as the integration file says it or does not."""

from veerpont.config.integration import Integration
from veerpont.model.flows import Flow
from veerpont.model.messages import Words, coded
from veerpont.rules.names import NameUsage


def managers_by(integration: Integration) -> str | None:
    """Return which address links a user of Loket to an employee; only `profile: sandbox` has a default."""
    return integration.source.managers_by or ("business_email" if integration.is_sandbox else None)


def missing(integration: Integration, flow: Flow) -> list[Words]:
    """Return what the file does not say for a flow, one sentence each."""
    source = integration.source
    if flow is Flow.HOURS:
        return integration.hours.missing()
    if flow is Flow.PAYROLL:
        return [coded("loket.payroll_of_afas", "payroll: the source must be afas.")]
    if flow is Flow.ABSENCE and not integration.absence.types:
        return [
            coded(
                "loket.types",
                "absence.types is missing: the key of each cause of absence that the customer's "
                "Loket has, and whether it is Ziekte, Zwangerschap or null (leave out); Loket's list "
                "is not documented.",
            )
        ]
    if flow in {Flow.ORGANIGRAM, Flow.ACCOUNTS} and source.department_is == "distribution_unit":
        return [
            coded(
                "loket.distribution_unit",
                "source.department_is: distribution_unit: Loket has no list of distribution units "
                "and no managers of them, so there is no {flow}. Take it out of the portals.",
                flow=flow,
            )
        ]
    if flow is Flow.ACCOUNTS and managers_by(integration) is None:
        return [
            coded(
                "loket.managers_by",
                "source.managers_by is missing: Loket does not say which employee a user is; "
                "business_email or private_email, the address of employees that is also their "
                "user's. Where neither is, take accounts out of the portals.",
            )
        ]
    if flow is Flow.EMPLOYEES and "name_usage" in integration.named_columns(flow) and not source.name_usages:
        return [
            coded(
                "loket.name_usages",
                "source.name_usages is missing: the key of each howToFormatLastName in the "
                "customer's Loket, and which of these it is: {known}. Or take the column name_usage "
                "out.",
                known=", ".join(NameUsage),
            )
        ]
    return []
