"""Everything that a Viewer can ask of Airflow's API and of the desk."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from urllib.parse import quote, urljoin

import requests
from airflow_up import AirflowUp
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

PAGE = 100
PAGES_AT_MOST = 300
OF_A_RUN = {"dag_id", "dag_run_id", "run_id"}
OF_A_TASK = {*OF_A_RUN, "task_id", "map_index", "try_number", "task_try_number", "xcom_key"}


class Viewer:
    """Somebody with Airflow's role Viewer."""

    def __init__(self, up: AirflowUp) -> None:
        self._url = up.url
        self._browser = requests.Session()
        # a connection that the server closes while it waits for the next question
        self._browser.mount("http://", HTTPAdapter(max_retries=Retry(5, backoff_factor=0.5)))
        self._browser.headers["Authorization"] = f"Bearer {up.token('viewer')}"
        self._browser.cookies.set("_token", up.token("viewer"))
        self.given = 0

    def api(self) -> Iterator[tuple[str, str]]:
        """Yield path and answer: of every GET that the API describes, for every DAG, run, task and try."""
        described = self._browser.get(f"{self._url}/openapi.json", timeout=120).json()["paths"]
        paths = [path for path, ways in described.items() if "get" in ways and "/auth/" not in path]
        tasks = self._all("/api/v2/dags/~/dagRuns/~/taskInstances", "task_instances")
        known = [{"dag_id": dag["dag_id"]} for dag in self._all("/api/v2/dags", "dags")]
        known += [
            {"dag_id": run["dag_id"], "dag_run_id": run["dag_run_id"], "run_id": run["dag_run_id"]}
            for run in self._all("/api/v2/dags/~/dagRuns", "dag_runs")
        ]
        known += [
            {
                "dag_id": task["dag_id"],
                "dag_run_id": task["dag_run_id"],
                "run_id": task["dag_run_id"],
                "task_id": task["task_id"],
                "map_index": task["map_index"],
                "try_number": max(task["try_number"], 1),
                "task_try_number": max(task["try_number"], 1),
                "xcom_key": "return_value",
            }
            for task in tasks
        ]
        asked = dict.fromkeys(url for values in [{}, *known] for path in paths if (url := _filled(path, values)))
        with ThreadPoolExecutor(4) as pool:
            yield from zip(asked, pool.map(self._get, asked), strict=True)

    def desk(self) -> Iterator[tuple[str, str]]:
        """Yield address and text of every page of the desk that a link leads to."""
        waiting, seen = [f"{self._url}/desk/"], set()
        while waiting and len(seen) < PAGES_AT_MOST:
            url = waiting.pop(0)
            if url in seen:
                continue
            seen.add(url)
            text = unescape(self._get(url.removeprefix(self._url)))
            yield url, text
            links = {urljoin(url, link).partition("#")[0] for link in re.findall(r'<a [^>]*href="([^"]+)"', text)}
            waiting += sorted(link for link in links if link.startswith(f"{self._url}/desk/") and link not in seen)

    def _get(self, path: str) -> str:
        # the logs of a task come as text; what is refused or not there may not show anything either
        headers = {"Accept": "application/x-ndjson, application/json;q=0.9, */*;q=0.8"}
        with self._browser.get(f"{self._url}{path}", headers=headers, timeout=120, stream=True) as answer:
            self.given += answer.ok
            return answer.text

    def _all(self, path: str, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            answer = self._browser.get(
                f"{self._url}{path}", params={"limit": PAGE, "offset": len(found)}, timeout=120
            ).json()
            found += answer[name]
            if not answer[name] or len(found) >= answer["total_entries"]:
                return found


def _filled(path: str, values: dict[str, Any]) -> str | None:
    """Return the path with these values in it; None when it is about something else than they are."""
    names = set(re.findall(r"{(\w+)}", path))
    about = set(values) & OF_A_TASK
    closest = {"task_id"} if "task_id" in about else {"dag_run_id", "run_id"} if "run_id" in about else about
    if not names <= set(values) or (closest and not names & closest):
        return None
    end = "?map_index=" + str(values["map_index"]) if "xcom" in path and "map_index" not in names and values else ""
    if not names:
        end = f"?limit={PAGE}"
    return re.sub(r"{(\w+)}", lambda found: quote(str(values[found[1]]), safe=""), path) + end
