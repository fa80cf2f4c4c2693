"""The desk in Airflow's UI: rejects, employers and held deliveries, for the people who decide about them.

Every Airflow process loads this file, so it loads nothing itself: the pages come with the first request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

Message = MutableMapping[str, Any]


class Desk:
    """The desk's app, made when it is first asked for: only the API server ever needs FastAPI and the templates."""

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        from veerpont.desk.web.app import desk  # noqa: PLC0415 -- see above

        await desk()(scope, receive, send)


class VeerpontDesk(AirflowPlugin):
    """The app under `/desk`, and a button in the navigation that shows it."""

    name = "veerpont_desk"
    fastapi_apps = [{"app": Desk(), "url_prefix": "/desk", "name": "Veerpont desk"}]
    external_views = [
        {
            "name": "Veerpont",
            "href": "/desk/",
            "destination": "nav",
            "url_route": "desk",
            "icon": "/desk/static/icon.svg",
            "icon_dark_mode": "/desk/static/icon-dark.svg",
        }
    ]
