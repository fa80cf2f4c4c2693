"""No act comes about any other way than by a form that the desk made for somebody who may act."""

import ast
from pathlib import Path
from typing import Any

import pytest
from parsed import walked
from somebody import Somebody
from test_acts import GROUP, decisions, form

from veerpont import desk
from veerpont.store.ledger import Ledger

FORMS = [
    (GROUP, "retry", {}),
    ("/rejects/1", "ignore", {"why": "x"}),
    ("/employers/ask?act=activate&integration=acme&code=03", "activate", {}),
    ("/links/ask?act=link&integration=acme&key=L2", "link", {"number": "77"}),
    ("/deliveries/2/ask?act=release", "release", {}),
]


class TestForgery:
    @pytest.mark.parametrize(("page", "act", "filled_in"), FORMS)
    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://testserver.evil.example"},
            {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
            {"origin": "http://testserver", "sec-fetch-site": "same-site"},
            {"origin": ""},
        ],
    )
    def test_another_site_is_refused_even_with_everything_else_right(
        self, client: Any, filled: Ledger, page: str, act: str, filled_in: dict[str, str], headers: dict[str, str]
    ) -> None:
        before = decisions(filled)
        action, fields = form(client, page, act)
        answer = client.post(action, data=fields | filled_in, headers=headers)
        assert answer.status_code == 403
        assert decisions(filled) == before

    @pytest.mark.parametrize(("page", "act", "filled_in"), FORMS)
    def test_a_form_that_the_desk_did_not_make_is_refused(
        self, client: Any, filled: Ledger, person: Somebody, page: str, act: str, filled_in: dict[str, str]
    ) -> None:
        """No token, a made-up one, one of another browser, one of another person."""
        before = decisions(filled)
        action, fields = form(client, page, act)
        fields |= filled_in
        good = fields["token"]
        for token in ("", "0" * 64, "é"):
            assert client.post(action, data=fields | {"token": token}).status_code == 403
        cookies = dict(client.cookies)
        client.cookies.clear()  # else the browser sends both
        client.cookies.set("veerpont_desk", "x" * 43)
        assert client.post(action, data=fields | {"token": good}).status_code == 403
        client.cookies.clear()
        assert client.post(action, data=fields | {"token": good}).status_code == 403
        client.cookies.update(cookies)
        person.name = "mallory"
        assert client.post(action, data=fields | {"token": good}).status_code == 403
        person.name = "els"
        assert decisions(filled) == before
        assert client.post(action, data=fields | {"token": good}).status_code == 200  # the form itself was right
        assert len(decisions(filled)) > len(before)

    @pytest.mark.parametrize(("page", "act", "filled_in"), FORMS)
    def test_a_link_does_nothing(
        self, client: Any, filled: Ledger, page: str, act: str, filled_in: dict[str, str]
    ) -> None:
        """Acts are POST only: a picture in a mail cannot ask for one."""
        before = decisions(filled)
        action, fields = form(client, page, act)
        assert client.get(action, params=fields | filled_in).status_code in {400, 404, 405}
        assert decisions(filled) == before

    def test_the_cookie_cannot_be_read_by_a_script_and_stays_on_this_site(self, client: Any) -> None:
        cookie = client.get("/").headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie

    def test_words_cannot_be_put_on_a_page_from_outside(self, client: Any) -> None:
        """What was done is signed: a link cannot say that something was."""
        assert 'role="status"' not in client.get("/?said=W1sic2FpZC5yZXRyeSIseyJjb3VudCI6MX1dXQ.aaaa.bbbb").text


@pytest.mark.parametrize(("page", "act", "filled_in"), FORMS)
def test_a_looker_cannot_act_with_a_form_from_before(
    client: Any, filled: Ledger, person: Somebody, page: str, act: str, filled_in: dict[str, str]
) -> None:
    """The right is asked for again with the act itself."""
    action, fields = form(client, page, act)
    person.acts = False
    before = decisions(filled)
    assert client.post(action, data=fields | filled_in).status_code == 403
    assert decisions(filled) == before
    assert person.started == []


@pytest.mark.parametrize(
    "page", ["/employers/ask?act=activate&integration=acme", "/links/ask?act=add&integration=acme"]
)
def test_the_right_is_asked_before_the_question(client: Any, person: Somebody, page: str) -> None:
    """Who may not act hears that, and nothing of what would be wrong with the question."""
    assert client.get(page).status_code == 409
    person.acts = False
    assert client.get(page).status_code == 403


def test_no_function_of_the_desk_takes_a_form_apart() -> None:
    """What a form or a link carries is one model."""
    many = [
        f"{path.name}: {node.name}"
        for path in Path(desk.__file__).parent.rglob("*.py")
        for node in walked(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) >= 8
    ]
    assert many == []
