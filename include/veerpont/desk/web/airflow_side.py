"""All that the desk asks of Airflow: who is there, what they may, and to start a flow. Nothing else imports it.

*Looking* takes the right to read DAGs (a viewer's). *Acting* on a flow takes the right to edit runs of that flow's DAG:
an operator's, and in Airflow's simple auth manager also a user's. A flow is started through Airflow's own REST API,
within this process and with the token of whoever asked, so Airflow checks the right to trigger that DAG and notes who
did it, as for any other client.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import httpx
from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.configuration import conf
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from anyio import from_thread
from fastapi import Depends, HTTPException, Request
from sqlalchemy import select

from veerpont.desk.auth_manager import roles_of

_MAY_LOOK = requires_access_dag("GET")


class Person:
    """Whoever is logged in to Airflow."""

    def __init__(self, request: Request, user: Any) -> None:
        self._request, self._user = request, user

    @property
    def name(self) -> str:
        """As it is kept with what they decide."""
        return str(self._user.get_name())

    @property
    def id(self) -> str:
        """What tells them from anybody else."""
        return str(self._user.get_id())

    @property
    def roles(self) -> frozenset[str]:
        """Their roles in Airflow; none where its auth manager has none."""
        return roles_of(self._user)

    def may_act(self, flow: str) -> bool:
        """Tell whether they may edit runs of this flow's DAG."""
        try:
            requires_access_dag("PUT", DagAccessEntity.RUN, flow)(self._request, self._user)
        except HTTPException:
            return False
        return True

    def paused(self) -> set[str]:
        """Return the DAGs that are paused, also those that they may only act on. Call it outside the event loop."""
        return _paused()

    def start(self, flow: str, integration: str) -> Started:
        """Start this flow for one integration, unless a run of it waits already. Call it outside the event loop."""
        if flow in _paused():
            return Started("paused", flow)  # a run of it would wait, unseen, until somebody unpauses the DAG
        return from_thread.run(_start, _token(self._request), flow, integration)

    def load_months(self, dag: str, integration: str, first: date, last: date, again: bool) -> Started:
        """Let Airflow load these months of one integration by a backfill of this DAG. Call it outside the event loop.

        first, last: the first day of each. again: also those that were loaded before.
        """
        return from_thread.run(_load_months, _token(self._request), dag, integration, (first, last), again)


def person(request: Request, user: GetUserDep, _: Annotated[None, Depends(_MAY_LOOK)]) -> Person:
    """Return who is logged in; 401 for nobody, 403 for one who may not read DAGs."""
    return Person(request, user)


PersonDep = Annotated[Person, Depends(person)]


@dataclass(frozen=True)
class Started:
    """What came of starting a flow.

    `how`: started, waiting (a run of it is queued), paused, refused, busy (of a backfill: another one goes on), failed.
    """

    how: str
    flow: str


def _airflow(token: str) -> httpx.AsyncClient:
    from airflow.api_fastapi.main import app  # noqa: PLC0415 -- the app of this very process, made before any request

    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, headers=headers, timeout=30)


def _paused() -> set[str]:
    with create_session() as session:
        return set(session.scalars(select(DagModel.dag_id).where(DagModel.is_paused)))


async def _start(token: str, flow: str, integration: str) -> Started:
    base = f"http://desk/api/v2/dags/{flow}"
    async with _airflow(token) as client:
        queued = await client.get(f"{base}/dagRuns", params={"state": "queued", "limit": 100})
        if queued.status_code == httpx.codes.OK and any(
            (run.get("conf") or {}).get("integration") in {None, integration} for run in queued.json()["dag_runs"]
        ):
            return Started("waiting", flow)
        body = {"logical_date": None, "conf": {"integration": integration}, "note": "Started at the desk."}
        answer = await client.post(f"{base}/dagRuns", json=body)
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return Started("refused", flow)
    return Started("started" if answer.status_code == httpx.codes.OK else "failed", flow)


async def _load_months(token: str, dag: str, integration: str, months: tuple[date, date], again: bool) -> Started:
    async with _airflow(token) as client:
        found = await client.get(f"http://desk/api/v2/dags/{dag}")
        if found.status_code == httpx.codes.OK and found.json()["is_paused"]:
            return Started("paused", dag)
        body = {
            "dag_id": dag,
            "from_date": f"{months[0]}T00:00:00Z",
            "to_date": f"{months[1]}T00:00:00Z",
            "dag_run_conf": {"integration": integration},
            "reprocess_behavior": "completed" if again else "none",
        }
        answer = await client.post("http://desk/api/v2/backfills", json=body)
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return Started("refused", dag)
    if answer.status_code == httpx.codes.CONFLICT:
        return Started("busy", dag)
    return Started("started" if answer.is_success else "failed", dag)


def _token(request: Request) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value if kind.lower() == "bearer" else request.cookies.get(COOKIE_NAME_JWT_TOKEN, "")


def secret() -> str:
    """Return the secret that every API server of this Airflow shares."""
    return str(conf.get("api", "secret_key"))


def own_host() -> str:
    """Return host and port under which people know this Airflow; empty when that is not configured."""
    return httpx.URL(conf.get("api", "base_url", fallback="") or "").netloc.decode()


def login_path(request: Request) -> str:
    """Return where to log in."""
    return f"{request.scope.get('root_path', '').removesuffix('/desk')}/"
