"""The board as an application: its headers, and what is wrong said as a page."""

import httpx


async def test_a_page_that_there_is_not_says_so_and_where_to_look(web: httpx.AsyncClient) -> None:
    answer = await web.get("/nothing")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_every_answer_keeps_pages_to_themselves(web: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/static/board.css"):
        headers = (await web.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
