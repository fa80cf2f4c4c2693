"""How engineers are told when they want no mail: by any Airflow notifier, such as those of Slack, Teams or PagerDuty.

The setting `VEERPONT_NOTIFIER` is JSON: the notifier's class, and what it is made with. Its templates know `subject`
and `text`. docs/how-to/mail.md gives examples.
"""

import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from veerpont.messages.mail import Letter
from veerpont.model.failures import PassingError, SettingsError

CLASS = "notifier"
"""The key that names the class."""


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
        try:  # calling it would only log what goes wrong, and the alert would count as told
            notifier.render_template_fields(context)
            notifier.notify(context)
        except Exception as error:  # noqa: BLE001 -- a service may raise anything, and it is told later
            raise PassingError(f"The notifier {name} took no message ({type(error).__name__}).") from None

    return tell


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
    except TypeError:
        raise SettingsError(f"VEERPONT_NOTIFIER: {name} cannot be made with {', '.join(given) or 'nothing'}.") from None
    if not isinstance(made, BaseNotifier):
        raise SettingsError(f"VEERPONT_NOTIFIER: {name} is no Airflow notifier.")
    return made, name
