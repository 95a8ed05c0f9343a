"""A client that lost an answer is given the same one to its next attempt, and nothing is done twice."""

from typing import Any

from local_aws.lost_answers import LostAnswers


class Account:
    """Makes one thing a call, and answers reads."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.made += 1
        start_response(
            "400 Bad Request" if environ["PATH_INFO"] == "/refused" else "201 Created", [("x-made", str(self.made))]
        )
        return [b"number ", str(self.made).encode()]


def ask(app: LostAnswers, call: str | None, attempt: int, method: str = "POST", path: str = "/") -> tuple[str, bytes]:
    said: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=25"}
    if call is not None:
        environ["HTTP_AMZ_SDK_INVOCATION_ID"] = call
    body = b"".join(app(environ, lambda status, headers, exc_info=None: said.append(status)))
    return said[0], body


def test_a_second_attempt_gets_the_first_ones_answer() -> None:
    app = LostAnswers(Account())

    answers = [ask(app, "a", 1), ask(app, "b", 1), ask(app, "a", 2), ask(app, "a", 3)]

    assert answers == [("201 Created", b"number 1"), ("201 Created", b"number 2"), *[("201 Created", b"number 1")] * 2]


def test_what_was_refused_or_only_read_or_is_no_repeat_is_asked_anew() -> None:
    account = Account()
    app = LostAnswers(account)

    for call, attempt, method, path in (
        ("a", 1, "POST", "/refused"),
        ("a", 2, "POST", "/refused"),
        ("b", 1, "GET", "/"),
        ("b", 2, "GET", "/"),
        (None, 1, "POST", "/"),
        (None, 2, "POST", "/"),
        ("c", 2, "POST", "/"),
    ):
        ask(app, call, attempt, method, path)

    assert account.made == 7


def test_only_the_latest_answers_are_kept() -> None:
    account = Account()
    app = LostAnswers(account)
    ask(app, "first", 1)
    for number in range(300):
        ask(app, str(number), 1)

    assert ask(app, "first", 2) == ("201 Created", b"number 302")
