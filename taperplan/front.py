"""The front server on the one open port: passes each complete request to the processes for patients or for staff.

Run as `python -m taperplan.front`. Help never waits behind a list: patients' pages have their own processes, and within
them help and check-ins never wait behind documents (`LANES`). No process waits for a slow client either: a request is
passed on only when complete, and dropped if it does not arrive in time; a response is read from its process at once,
however slowly the client reads it.

It accepts one HTTP/1.1 request per connection, with a stated length, and refuses anything else.
"""

from __future__ import annotations

import asyncio
import logging
import re
import signal
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from plans.web.addresses import LARGEST_BODY, largest_body
from taperplan import env

log = logging.getLogger(__name__)

# From accepting a connection until the request is complete. A patient's page is a few kilobytes.
WHOLE_WITHIN: Final = 8.0
# For a file, which a slow line takes longer to send; and how many of them are read at once, since each is memory.
FILE_WITHIN: Final = 60.0
_FILES_AT_ONCE: Final = 4
_CONNECT_SECONDS: Final = 5.0
# Longer than gunicorn allows a request (`web_server.timeout`).
_ANSWER_SECONDS: Final = 40.0
_READ_SECONDS: Final = 60.0
# To wait for a thread of the pool: nobody would wait longer for a page.
_TURN_SECONDS: Final = 30.0
_AGAIN_SECONDS: Final = 60
_LARGEST_HEAD: Final = 32_768
_LARGEST_ANSWER: Final = 64_000_000
_REQUEST: Final = re.compile(rb"[A-Z]{1,20} /[\x21-\x7e]{0,8000} HTTP/1\.[01]")
_HEADER: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
# Hop-by-hop headers, which are not passed on.
_OF_THE_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"upgrade", b"te", b"expect"}
)


class PoolName(Enum):
    """The two groups of web processes."""

    PATIENTS = "patients"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class AddressLane:
    """A lane: paths that share one queue.

    `share`: the part of the pool's threads that they may hold at once. `waiting`: how many requests may wait; further
    ones are refused at once, which is better than a late answer.
    """

    name: str
    paths: re.Pattern[str]
    pool: PoolName
    share: float
    waiting: int

    def at_once(self, threads: int) -> int:
        """How many of the pool's threads its requests may hold."""
        return max(1, int(threads * self.share))


# Free threads are given out from the top down, and the lane of a path is looked up from the bottom up. Within a pool
# the lanes below the first together may not hold all threads, so that one for the first is always free; help and
# answers may not hold all either, so that the others progress. Lists of a large clinic keep the database's processors
# busy: more of them at once would not finish sooner, but slow everybody else. Static files and health checks share the
# lane of help.
LANES: Final = (
    AddressLane("staff", re.compile(r"/"), PoolName.STAFF, 1, 200),
    AddressLane(
        "lists",
        re.compile(r"/(find|queue|queue/fresh|messages|documents|settings/history|settings/rules(/try)?)?$"),
        PoolName.STAFF, 1 / 4, 100,
    ),
    AddressLane("help", re.compile(r"/(c|help)(/|$)|/static/|/(healthz|readyz)$"), PoolName.PATIENTS, 3 / 4, 500),
    AddressLane("patients", re.compile(r"/[pymq](/|$)"), PoolName.PATIENTS, 1 / 2, 200),
    AddressLane(
        "documents",
        re.compile(r"/f(/|$)|/p/(calendar|calendar\.pdf|plan\.ics|feed|mark)$"),
        PoolName.PATIENTS, 1 / 4, 100,
    ),
)  # fmt: skip


def lane_of(path: str) -> AddressLane:
    """The lane of a path."""
    return next(lane for lane in reversed(LANES) if lane.paths.match(path))


class RequestRefused(Exception):
    """A request that is not passed on; `status` is the status line without the version.

    `again`: the seconds for Retry-After; None: no such header.
    """

    def __init__(self, status: str, text: str, *, again: int | None = None) -> None:
        super().__init__(status)
        self.status, self.text, self.again = status, text, again


class Pool:
    """Web processes with `threads` threads in all, and the requests waiting for one."""

    def __init__(self, address: tuple[str, int], threads: int) -> None:
        self.address = address
        self._threads = self._free = threads
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {lane.name: deque() for lane in LANES}

    @asynccontextmanager
    async def turn(self, lane: AddressLane) -> AsyncIterator[bool]:
        """Hold a thread of the pool for the block; yields whether the request had to wait for it.

        Raises RequestRefused if too many wait already, or none became free in time.
        """
        waiting = self._waiting[lane.name]
        if len(waiting) >= lane.waiting:
            raise RequestRefused(_FULL_STATUS, _FULL, again=_AGAIN_SECONDS)
        mine = asyncio.get_running_loop().create_future()
        waiting.append(mine)
        self._give()
        waits = not mine.done()
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                await mine
        except TimeoutError as error:
            raise RequestRefused(_FULL_STATUS, _FULL, again=_AGAIN_SECONDS) from error
        else:
            yield waits
        finally:
            self._take_back(lane, mine)

    def _take_back(self, lane: AddressLane, mine: asyncio.Future[None]) -> None:
        if mine.cancelled():
            with suppress(ValueError):
                self._waiting[lane.name].remove(mine)
        else:
            self._busy[lane.name] -= 1
            self._free += 1
        self._give()

    def _give(self) -> None:
        """Give free threads to waiting requests, in the order of the lanes."""
        for lane in LANES:
            waiting = self._waiting[lane.name]
            while waiting and self._free and self._busy[lane.name] < lane.at_once(self._threads):
                first = waiting.popleft()
                if first.done():
                    continue
                first.set_result(None)
                self._busy[lane.name] += 1
                self._free -= 1


@dataclass(frozen=True, slots=True)
class Request:
    """A request to pass on: its path and its bytes."""

    path: str
    head: bytes
    body: bytes

    @property
    def asks_only(self) -> bool:
        """Whether it may be dropped if the client has gone, since it changes nothing."""
        return self.head.startswith((b"GET ", b"HEAD "))


async def read(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    limit: asyncio.Timeout,
    files: asyncio.Semaphore,
) -> Request:
    """Read the whole request. Raises RequestRefused, and EOFError if there is none.

    A body that only an address of files takes has more time than `limit`, once `files` lets it in.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise RequestRefused(
            "431 Request Header Fields Too Large", "The head of this request is too long."
        ) from error
    first, *lines = raw[:-4].split(b"\r\n")
    if not _REQUEST.fullmatch(first):
        raise RequestRefused("400 Bad Request", "This request cannot be read.")
    fields = [_field(line) for line in lines]
    length = _length(fields)
    kept = [first, *(b": ".join(one) for one in fields if one[0].lower() not in _OF_THE_HOP)]
    head = b"\r\n".join((*kept, b"Connection: close", b"", b""))
    path, body = first.split(b" ")[1].split(b"?")[0].decode("ascii"), b""
    # Of a larger request the application gets only the head, and refuses it in its own words.
    if 0 < length <= largest_body(path):
        if any(name.lower() == b"expect" for name, _ in fields):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if length > LARGEST_BODY:
            if files.locked():
                raise RequestRefused(_FULL_STATUS, _FULL, again=_AGAIN_SECONDS)
            async with files:
                limit.reschedule(asyncio.get_running_loop().time() + FILE_WITHIN)
                body = await reader.readexactly(length)
        else:
            body = await reader.readexactly(length)
    return Request(path, head, body)


def _field(line: bytes) -> tuple[bytes, bytes]:
    found = _HEADER.fullmatch(line)
    if found is None:
        raise RequestRefused("400 Bad Request", "A header of this request cannot be read.")
    return found[1], found[2].rstrip(b" \t")


def _length(fields: list[tuple[bytes, bytes]]) -> int:
    """The length of the body. Two lengths, or an unstated one, allow request smuggling."""
    if any(name.lower() == b"transfer-encoding" for name, _ in fields):
        raise RequestRefused("411 Length Required", "Send the length of the body.")
    stated = [value for name, value in fields if name.lower() == b"content-length"]
    if len(stated) > 1 or not all(re.fullmatch(rb"[0-9]{1,12}", value) for value in stated):
        raise RequestRefused("400 Bad Request", "The length of this request cannot be read.")
    return int(stated[0]) if stated else 0


async def ask(address: tuple[str, int], request: Request) -> bytes:
    """The whole response of a pool. Raises RequestRefused if there is none in time."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(*address)
        async with asyncio.timeout(_ANSWER_SECONDS):
            writer.write(request.head + request.body)
            answer = await reader.read(_LARGEST_ANSWER)
            while more := await reader.read(_LARGEST_ANSWER):
                answer += more
                if len(answer) > _LARGEST_ANSWER:
                    raise RequestRefused("502 Bad Gateway", _AWAY)
    except OSError as error:
        log.warning("no answer from a pool", extra={"kind": type(error).__name__})
        raise RequestRefused("503 Service Unavailable", _AWAY, again=_AGAIN_SECONDS) from error
    finally:
        if writer is not None:
            writer.transport.abort()
    if not answer:
        raise RequestRefused("502 Bad Gateway", _AWAY)
    return answer


_AWAY: Final = (
    "The service cannot answer just now. Try again in a minute. In danger, call your emergency number now.\n"
    "El servicio no puede responder ahora. Inténtelo en un minuto. En peligro, llame ya a emergencias."
)
_FULL_STATUS: Final = "503 Service Unavailable"
# The body of the response to a refused request.
_FULL: Final = (
    "Too many people are using this service just now. Nothing was saved. Go back and try again in a minute. "
    "In danger, call your emergency number now.\n"
    "Demasiadas personas usan ahora este servicio. No se guardó nada. Vuelva atrás e inténtelo en un minuto. "
    "En peligro, llame ya a emergencias."
)


class Front:
    """The server; runs until told to stop."""

    def __init__(self, pools: dict[PoolName, Pool], *, within: float = WHOLE_WITHIN) -> None:
        self._pools, self._within = pools, within
        self._files = asyncio.Semaphore(_FILES_AT_ONCE)

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Begin to serve."""
        return await asyncio.start_server(self._serve, host, port, limit=_LARGEST_HEAD, backlog=1_000)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._answer(reader, writer)
            async with asyncio.timeout(_READ_SECONDS):
                writer.write(answer)
                await writer.drain()
                writer.write_eof()
                # An unread rest of the body would cut the response off.
                while await reader.read(_LARGEST_HEAD):
                    pass
        except (OSError, EOFError):
            # The client has gone, is silent, or sent nothing.
            pass
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            async with asyncio.timeout(self._within) as limit:
                request = await read(reader, writer, limit, self._files)
            lane = lane_of(request.path)
            pool = self._pools[lane.pool]
            async with pool.turn(lane) as waited:
                if waited and reader.at_eof() and request.asks_only:
                    raise EOFError
                return await ask(pool.address, request)
        except RequestRefused as why:
            return _refusal(why)


def _refusal(why: RequestRefused) -> bytes:
    text = why.text.encode()
    again = "" if why.again is None else f"Retry-After: {why.again}\r\n"
    head = (
        f"HTTP/1.1 {why.status}\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n{again}"
        f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + text


def address(text: str) -> tuple[str, int]:
    """The host and port of "host:port"."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise env.WrongSetting(text, "is no host and port", "Write it as 127.0.0.1:8000.")
    return host, int(port)


async def main() -> None:
    """Serve at BIND until SIGTERM or SIGINT."""
    threads = env.number("WEB_THREADS", 4, least=1, most=64)
    staff = env.number("WEB_WORKERS", 2, least=1, most=64) * threads
    patients = env.number("PATIENT_WORKERS", 2, least=1, most=64) * threads
    pools = {
        PoolName.STAFF: Pool(address(env.text("STAFF_POOL", "127.0.0.1:8001")), staff),
        PoolName.PATIENTS: Pool(address(env.text("PATIENTS_POOL", "127.0.0.1:8002")), patients),
    }
    server = await Front(pools).listen(*address(env.text("BIND", "127.0.0.1:8000")))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    # Requests under way get the time that gunicorn allows.
    server.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await _others_done()


async def _others_done() -> None:
    me = asyncio.current_task()
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not me), return_exceptions=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(main())
