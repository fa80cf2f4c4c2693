"""How engineers are told when they want no mail: by any Airflow notifier, such as those of Slack, Teams or PagerDuty.

The setting `VEERPONT_NOTIFIER` is JSON: the notifier's class, and what it is made with. Its templates know `subject`
and `text`. docs/how-to/mail.md gives examples.
"""

import json
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

from veerpont.messages.mail import Letter
from veerpont.model.failures import PassingError, SettingsError

CLASS = "notifier"
"""The key that names the class."""
LONGEST = 30.0
"""Seconds that it may take: many wait for their service without a limit, and managers' mail waits for them."""


def engineers_post(setting: str) -> Callable[[Letter], None] | None:
    """Return what tells engineers by the notifier of the setting; None where it is empty: they get mail.

    What it returns raises SettingsError for a notifier that cannot be made, and PassingError when it did not take the
    message. Neither repeats what the notifier said: an address of its service is a secret.
    """
    if not setting.strip():
        return None

    def tell(one: Letter) -> None:
        notifier, name = made(setting)
        context: Any = {"subject": one.subject, "text": one.text}
        failures: list[str] = ["TimeoutError"]  # until it has ended

        def work() -> None:
            failures[:] = _notified(notifier, context)

        trying = threading.Thread(target=work, name="notifier", daemon=True)
        trying.start()
        trying.join(LONGEST)
        if failures:
            raise PassingError(f"The notifier {name} took no message ({failures[0]}).")

    return tell


def _notified(notifier: Any, context: Any) -> list[str]:
    """Let it tell; return the kind of what went wrong, if anything did: what it says may be a secret."""
    try:  # calling it would only log what goes wrong, and the alert would count as told
        notifier.render_template_fields(context)
        notifier.notify(context)
    except Exception as error:  # noqa: BLE001 -- a service may raise anything, and it is told later
        return [type(error).__name__]
    return []


def made(setting: str) -> tuple[Any, str]:
    """Return the notifier of the setting and the name of its class. Raises SettingsError when it cannot be made."""
    from airflow.sdk import BaseNotifier  # noqa: PLC0415 -- Airflow only where it runs

    try:
        given = json.loads(setting)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not isinstance(given.get(CLASS), str):
        raise SettingsError(
            f'VEERPONT_NOTIFIER is JSON with the class of an Airflow notifier as "{CLASS}", and what it is made with.'
        )
    name = str(given.pop(CLASS))
    module, _, last = name.rpartition(".")
    try:
        made = getattr(import_module(module), last)(**given)
    except (ImportError, AttributeError, ValueError):
        raise SettingsError(
            f"VEERPONT_NOTIFIER: there is no class {name}. Is the package of its provider installed?"
        ) from None
    except Exception:  # noqa: BLE001 -- a class of somebody else's; managers' mail must not stop for it
        raise SettingsError(f"VEERPONT_NOTIFIER: {name} cannot be made with {', '.join(given) or 'nothing'}.") from None
    if not isinstance(made, BaseNotifier):
        raise SettingsError(f"VEERPONT_NOTIFIER: {name} is no Airflow notifier.")
    return made, name
