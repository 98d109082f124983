"""The SMTP conversation: the outcome of a message is decided by the phase, not by the kind of exception."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from plans.channels.email.conversation import as_lines
from plans.channels.email.delivery import Fate, Server, SmtpTransport, Unreachable
from plans.channels.email.rendering import OutgoingMessage
from tests.channels.email.scripted import DROP, SILENT, ScriptedServer, scripted


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted() as made:
        yield made


@pytest.fixture
def way(server: ScriptedServer) -> Iterator[SmtpTransport]:
    # Longer than any busy machine lets an answer wait.
    with SmtpTransport(Server("127.0.0.1", server.port, seconds=30)) as made:
        yield made


def message(number: int = 1, payload: bytes = b"Subject: x\r\n\r\nhello\r\n") -> OutgoingMessage:
    return OutgoingMessage("bounce@mail.example.org", f"quill{number}@example.org", f"<{number}@x>", payload)


def test_a_message_the_server_takes_is_sent_with_the_envelope_we_chose(
    server: ScriptedServer, way: SmtpTransport
) -> None:
    assert way.send(message()).fate is Fate.SENT
    (kept,) = server.kept
    assert (kept.sender, kept.recipients) == ("bounce@mail.example.org", ("quill1@example.org",))


def test_many_messages_share_one_connection(server: ScriptedServer, way: SmtpTransport) -> None:
    assert {way.send(message(n)).fate for n in range(5)} == {Fate.SENT}
    assert (len(server.kept), server.connections) == (5, 1)


# A server that takes commands sent ahead.
AHEAD = "250-hello\r\n250 PIPELINING"
# (where, what the server does, fate, reason, code)
CASES = [
    ("mail", "421 closing", Fate.RETRY, "later", 421),
    ("mail", "550 you may not", Fate.RETRY, "sender_refused", 550),
    ("rcpt", "451 greylisted", Fate.RETRY, "later", 451),
    ("rcpt", "550 no such user", Fate.REJECTED, "address_refused", 550),
    ("data", "451 not now", Fate.RETRY, "later", 451),
    ("data", "554 no", Fate.REJECTED, "message_refused", 554),
    ("dot", "452 full", Fate.RETRY, "later", 452),
    ("dot", "552 too big", Fate.REJECTED, "message_refused", 552),
    ("mail", DROP, Fate.RETRY, "dropped", None),
    ("rcpt", DROP, Fate.RETRY, "dropped", None),
    ("data", DROP, Fate.RETRY, "dropped", None),
    ("dot", DROP, Fate.UNKNOWN, "no_answer_after_dot", None),
    ("dot", SILENT, Fate.UNKNOWN, "no_answer_after_dot", None),
    ("dot", "what is this", Fate.UNKNOWN, "strange_answer", -1),
    ("rcpt", SILENT, Fate.RETRY, "dropped", None),
    ("greeting", SILENT, Fate.RETRY, "unreachable", None),
    ("greeting", DROP, Fate.RETRY, "unreachable", None),
    ("greeting", "554 go away", Fate.RETRY, "unreachable", None),
]


@pytest.mark.parametrize("hello", ["250 hello", AHEAD])
@pytest.mark.parametrize(("step", "answer", "fate", "reason", "code"), CASES)
def test_the_fate_of_a_message_follows_from_the_phase(
    server: ScriptedServer,
    step: str,
    answer: str,
    fate: Fate,
    reason: str,
    code: int | None,
    hello: str,
) -> None:
    server.script.answers.update({"ehlo": hello, step: answer})
    # Only a silent server is waited for, long enough that a slow answer is not taken for silence.
    with SmtpTransport(Server("127.0.0.1", server.port, seconds=2 if answer == SILENT else 30)) as way:
        outcome = way.send(message())
    assert (outcome.fate, outcome.reason, outcome.code) == (fate, reason, code)
    # Never the other way round: what surely did not go out must not have arrived.
    if fate is Fate.RETRY and step != "dot":
        assert server.arrived == []


def test_a_body_cut_off_before_its_end_counts_as_not_sent(server: ScriptedServer, way: SmtpTransport) -> None:
    server.script.answers["body"] = DROP
    outcome = way.send(message(payload=b"Subject: x\r\n\r\n" + b"x" * 24_000_000))
    assert outcome.fate is Fate.RETRY
    assert server.arrived == []


@pytest.mark.parametrize("answer", [DROP, "500 what"])
def test_what_happens_at_quit_does_not_matter(
    server: ScriptedServer, way: SmtpTransport, answer: str
) -> None:
    server.script.answers["quit"] = answer
    assert way.send(message()).fate is Fate.SENT
    way.close()


def test_a_refused_message_does_not_spoil_the_next_on_the_same_connection(
    server: ScriptedServer, way: SmtpTransport
) -> None:
    server.script.queue = [("rcpt", "550 no such user")]
    assert way.send(message(1)).fate is Fate.REJECTED
    assert way.send(message(2)).fate is Fate.SENT
    assert [kept.recipients for kept in server.kept] == [("quill2@example.org",)]
    assert server.connections == 1


def test_after_a_dropped_connection_the_next_message_opens_a_new_one(
    server: ScriptedServer, way: SmtpTransport
) -> None:
    server.script.queue = [("dot", DROP)]
    assert way.send(message(1)).fate is Fate.UNKNOWN
    assert way.send(message(2)).fate is Fate.SENT
    assert server.connections == 2


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as probe:
        # Bound, so that nobody else listens there, but not listening.
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            SmtpTransport(Server("127.0.0.1", probe.getsockname()[1], seconds=30)).open()


def test_a_line_that_is_a_dot_does_not_end_the_message(server: ScriptedServer, way: SmtpTransport) -> None:
    way.send(message(payload=b"Subject: x\n\na\n.\n..b\nend"))
    assert server.kept[0].content == b"Subject: x\r\n\r\na\r\n.\r\n..b\r\nend\r\n"


def test_lines_end_with_crlf_whatever_they_ended_with() -> None:
    assert as_lines(b"a\nb\rc\r\nd") == b"a\r\nb\r\nc\r\nd\r\n"


@pytest.mark.slow
def test_a_pipelining_server_that_refuses_the_address_but_accepts_data_gets_no_message(
    server: ScriptedServer, way: SmtpTransport
) -> None:
    server.script.answers["ehlo"] = AHEAD
    server.script.queue = [("rcpt", "550 no such user")]
    assert way.send(message(1)).fate is Fate.REJECTED
    assert way.send(message(2)).fate is Fate.SENT
    assert way.send(message(3)).fate is Fate.SENT
    assert [kept.recipients for kept in server.arrived] == [("quill2@example.org",), ("quill3@example.org",)]
    assert server.connections == 2


@pytest.mark.parametrize("bad", ["a@x.org>\r\nRCPT TO:<b@x.org", "a@x.org\r\nDATA"])
def test_an_address_that_would_be_a_command_is_never_sent_to_the_server(
    server: ScriptedServer, way: SmtpTransport, bad: str
) -> None:
    server.script.answers["ehlo"] = AHEAD
    assert way.send(replace(message(), to_address=bad)).fate is Fate.RETRY
    assert server.arrived == []
