"""Loket.nl on this machine: OAuth and the REST API v2, as docs/reference/loket.md says, strict by default.

A test starts it with the rest of the sandbox, on a real port:

    with Sandbox(tmp_path, ["sluis"]) as sandbox:
        connection = json.loads(sandbox.connections()["AIRFLOW_CONN_LOKET_SLUIS"])
        changes.rename(sandbox.loket.providers["sluis"], 1001, "Prins")

or alone, as an application: `Loket("http://testserver", [sluis().provider], Faults()).app()`, where resets do not work
(they need a connection) and `control.routes` are left out. Everything is below
`/loket`: `/loket/authorize`, `/loket/token` and `/loket/v2/…`.

- `Loket.providers[name]`: what a customer has. `.settings`: what no document says (rotation, page size, …).
  `.user`: forbidden activities, departments, saved filters. `changes`: what happens there.
- `Loket.tokens[name]`: `refresh_token`, `forget()`, `forget_access()`. The calls: `Loket.requests`, `.counts()`.
- Faults: `faults.LOKET_KINDS`, and those of every source; `connector` is an activity (`GetEmployeesByEmployerId`) or
  "token".
"""
