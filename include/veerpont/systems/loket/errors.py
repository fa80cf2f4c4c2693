"""What Loket's answers mean, and whom they concern (docs/reference/loket.md, 4).

No message repeats what the server said, and none has a path with ids in it: the activity names the call.
"""

from veerpont.model.messages import Phrase, Words
from veerpont.systems.http import ANY, ELSEWHERE, REDIRECTS, Limits, Means, SystemAnswers
from veerpont.systems.named import SOME_CONNECTION

LIMITS = Limits(connect=10.0, idle=120.0)
_SHORTEST_WAIT = 2.0


def system(where: Words = SOME_CONNECTION) -> SystemAnswers:
    """Return Loket as the connection `where` knows it. A call is named by Loket's own name of it.

    Facts: docs/reference/loket.md, 1.4.
    """
    return SystemAnswers(
        "Loket",
        where,
        [
            (
                {400},
                Phrase(
                    "loket.400",
                    "finds the request wrong. Check the base URL of {where}; when it is right, this is a defect of "
                    "ours or a change of Loket's: tell an engineer",
                ),
            ),
            (
                {401},
                Phrase(
                    "loket.401",
                    "does not accept an access token that it gave just now. Check that base URL and token URL of "
                    "{where} belong to the same environment",
                ),
            ),
            (
                {403},
                Phrase(
                    "loket.403",
                    "does not allow {call}. Ask Loket to link that activity to the client, and the customer's Loket "
                    "administrator to give its right, role and module to the user of the link",
                ),
            ),
            ({404}, Phrase("loket.404", "does not know this address. Check the base URL of {where}")),
            (REDIRECTS, ELSEWHERE),
            ({429, *range(500, 600)}, Means.BUSY),
            (ANY, Means.LATER),
        ],
        shortest=_SHORTEST_WAIT,
    )
