"""The real server's log after statements that fail in every way holds nothing of what they were about."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from taperplan.local import postgres
from taperplan.local.postgres import Postgres

pytestmark = pytest.mark.slow

CANARY = "CanaryThoughtsOfSuicide"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with postgres.temporary() as made:
        with psycopg.connect(made.url(), autocommit=True) as there:
            there.execute("CREATE TABLE answers (id int PRIMARY KEY, said text UNIQUE, CHECK (id < 100))")
            there.execute("INSERT INTO answers VALUES (1, 'a'), (2, 'b')")
        yield made


def ask(server: Postgres, *statements: str, before: threading.Barrier | None = None) -> None:
    """Run statements in one transaction as Django does, with their values in them; the last one fails."""
    with (
        psycopg.connect(server.url(), cursor_factory=psycopg.ClientCursor) as there,
        there.cursor() as cursor,
    ):
        for number, statement in enumerate(statements):
            if number and before is not None:
                before.wait(10)
            cursor.execute(statement, {"said": CANARY})


def deadlock(server: Postgres) -> None:
    both = threading.Barrier(2)
    failed: list[BaseException] = []

    def one(first: int, second: int) -> None:
        update = "UPDATE answers SET said = said || %(said)s WHERE id = "
        try:
            ask(server, "SET deadlock_timeout = '50ms'", before=None)
            ask(server, update + str(first), update + str(second), before=both)
        except psycopg.errors.DeadlockDetected as error:
            failed.append(error)

    talks = [threading.Thread(target=one, args=pair) for pair in ((1, 2), (2, 1))]
    for talk in talks:
        talk.start()
    for talk in talks:
        talk.join(20)
    assert len(failed) == 1


FAILURES = {
    "a column that is not there": ("INSERT INTO answers (nothing) VALUES (%(said)s)",),
    "a value that stands already": (
        "INSERT INTO answers VALUES (3, %(said)s)", "INSERT INTO answers VALUES (4, %(said)s)",
    ),
    "a row that a rule refuses": ("INSERT INTO answers VALUES (1000, %(said)s)",),
    "a statement that takes too long": (
        "SET statement_timeout = '50ms'", "SELECT pg_sleep(10), %(said)s",
    ),
    "a division by zero": ("SELECT 1 / 0, %(said)s",),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_a_statement_that_fails_leaves_nothing_of_its_values_in_the_servers_log(
    server: Postgres, failure: str
) -> None:
    with pytest.raises(psycopg.Error):
        ask(server, *FAILURES[failure])
    assert CANARY not in server.log.read_text()
    # It was written down, or this would show nothing.
    assert "ERROR" in server.log.read_text()


def test_a_deadlock_leaves_nothing_of_its_values_in_the_servers_log(server: Postgres) -> None:
    deadlock(server)
    assert "deadlock detected" in server.log.read_text()
    assert CANARY not in server.log.read_text()
