"""Who looks at the desk in its tests."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Somebody:
    """Whoever is logged in, without an Airflow."""

    name: str = "els"
    acts: bool = True
    how: str = "started"
    started: list[tuple[str, str]] = field(default_factory=list)
    loaded: list[tuple[str, str, str, str, bool]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.name

    stopped: set[str] = field(default_factory=set)
    roles: frozenset[str] = frozenset()

    def paused(self) -> set[str]:
        return self.stopped

    def may_act(self, _: str) -> bool:
        return self.acts

    def start(self, flow: str, integration: str) -> Any:
        from veerpont.desk.web.airflow_side import Started

        self.started.append((flow, integration))
        return Started(self.how, flow)

    def load_months(self, dag: str, integration: str, first: Any, last: Any, again: bool) -> Any:
        from veerpont.desk.web.airflow_side import Started

        self.loaded.append((dag, integration, f"{first}", f"{last}", again))
        return Started(self.how, dag)
