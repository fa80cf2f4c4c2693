"""Whether another integration delivers to the place of ours, where only the server can say it.

One folder may have many spellings, and one server many names. What two texts cannot tell, a server can: the same host
key, the same login and the same canonical path are one place. It is asked only where another integration has the same
login on a server with the same host key, so for nobody whose account is their own.
"""

import msgspec

from veerpont.flows.job import Job
from veerpont.store import notes
from veerpont.systems.portal import Account, Portal


def same_place(job: Job, portal: Portal) -> list[str]:
    """Return which other integrations, and with which flow, deliver to the place of this flow, as the server says.

    Raises SettingsError or PassingError when there is somebody to ask about, and the server cannot be asked.
    """
    with job.ledger.session() as session:
        noted = notes.other_accounts(session, job.name)
    ours = portal.account(job.integration, job.flow) if noted else None
    if ours is None:
        return []
    users: dict[Account, list[str]] = {}
    for text, who in noted.items():
        account = msgspec.json.decode(text, type=Account | None)
        if account is not None and ours.may_be(account):
            users.setdefault(account, []).extend(who)
    if not users:
        return []
    return sorted(name for same in portal.same_place(job.integration, job.flow, list(users)) for name in users[same])
