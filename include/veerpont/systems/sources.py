"""The systems that rows come from, one folder each."""

from importlib import import_module
from typing import cast

from veerpont.model.failures import SettingsError
from veerpont.systems.source import Source

SOURCES = {
    "afas": "veerpont.systems.afas.source:Afas",
    "loket": "veerpont.systems.loket.source:Loket",
}
"""`source.system` in an integration file → where its Source is; imported only when used, as hooks bring in Airflow."""


def source(system: str) -> Source:
    """Return the source of that name; SettingsError when there is none."""
    if system not in SOURCES:
        raise SettingsError(f"source.system {system} is not one of: {', '.join(SOURCES)}.")
    module, _, name = SOURCES[system].partition(":")
    return cast("Source", getattr(import_module(module), name)())
