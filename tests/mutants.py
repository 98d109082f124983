"""Mutation tests by hand: put in one-line faults, one by one, and report those that no test notices.

`python -m tests.mutants [--fast] [name…]` copies the tree to a temporary folder, puts each fault of `mutants.toml` in
and runs the test that must notice it. The checkout is never touched. Ends with 1 when a fault survives or cannot be put
in.

With `--fast` it puts in only the faults that `make test-fast` must notice, all but those whose test `needs` a process,
a browser or a server of its own, and runs their tests as `make test-fast` would.
"""

from __future__ import annotations

import ast
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path

from taperplan.local import postgres, valkey

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("mutants.toml")
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "var", "staticfiles", "__pycache__", ".hypothesis", "screens", ".*_cache"
)
# A fault may make a test hang; a busy machine must not look like that.
_SECONDS = 900
# As many databases as the Redis-protocol server has, and connections for them.
_MOST_AT_ONCE = 8
# What `make test-fast` leaves out, and why the test of a fault may be among it.
LEFT_OUT = ("slow", "browser", "faults")
FAST = " and ".join(f"not {mark}" for mark in LEFT_OUT)
NEEDS = ("process", "browser", "server")
_NOTHING_RAN = 5


class Unusable(Exception):
    """A fault that cannot be put in: its name, and what is wrong with its entry."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `was` stands exactly once in `file` (from the root) and becomes `becomes`; `test` is a node id.

    `needs` says what the test starts for itself, one of NEEDS, where that keeps it from being fast.
    """

    name: str
    file: str
    was: str
    becomes: str
    harm: str
    test: str
    needs: str = ""

    def mutated(self, text: str) -> str:
        """The text of the file with the fault in it. Raises Unusable when the fragment does not stand exactly once."""
        times = text.count(self.was)
        if times != 1:
            raise Unusable(f"{self.name}: its fragment stands {times} times in {self.file}, not once")
        if self.was == self.becomes:
            raise Unusable(f"{self.name}: nothing changes")
        return text.replace(self.was, self.becomes)


def read() -> tuple[Mutant, ...]:
    """The list as it stands."""
    return tuple(Mutant(**entry) for entry in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"])


def check(mutant: Mutant) -> None:
    """Raises Unusable unless the fault can be put in, leaves Python behind, and its test exists."""
    file = ROOT / mutant.file
    if not file.is_file():
        raise Unusable(f"{mutant.name}: there is no {mutant.file}")
    text = mutant.mutated(file.read_text(encoding="utf-8"))
    if file.suffix == ".py":
        try:
            ast.parse(text)
        except SyntaxError as broken:
            raise Unusable(f"{mutant.name}: {mutant.file} would not be Python") from broken
    path, _, function = mutant.test.partition("::")
    page = ROOT / path
    tree = ast.parse(page.read_text(encoding="utf-8")) if page.is_file() else ast.Module([], [])
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    test = found.get(function.partition("[")[0])
    if test is None:
        raise Unusable(f"{mutant.name}: there is no test {mutant.test}")
    _check_speed(mutant, _marks([*test.decorator_list, *_of_the_module(tree)]))


def _of_the_module(tree: ast.Module) -> list[ast.expr]:
    """What `pytestmark` is set to."""
    return [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]


def _marks(expressions: Sequence[ast.expr]) -> set[str]:
    """The marks named there, but for those of single rows of a `parametrize`."""
    found: set[str] = set()
    for expression in expressions:
        parts = expression.elts if isinstance(expression, ast.List) else [expression]
        for part in parts:
            named = part.func if isinstance(part, ast.Call) else part
            found.add(ast.unparse(named).removeprefix("pytest.mark."))
    return found


def _check_speed(mutant: Mutant, marks: set[str]) -> None:
    """Raises Unusable unless the test is fast, or the entry says what keeps it from that."""
    if mutant.needs and mutant.needs not in NEEDS:
        raise Unusable(f"{mutant.name}: it needs {mutant.needs!r}, which is none of {', '.join(NEEDS)}")
    left_out = sorted(marks & set(LEFT_OUT))
    if left_out and not mutant.needs:
        raise Unusable(
            f"{mutant.name}: make test-fast leaves its test out ({', '.join(left_out)}): {mutant.test}"
        )
    if mutant.needs and not left_out:
        raise Unusable(f"{mutant.name}: its test is fast, so that it needs no {mutant.needs}")


@dataclass(slots=True)
class Place:
    """A copy of the tree with a database of its own; one fault at a time is in it. `fresh`: make the database anew."""

    tree: Path
    env: dict[str, str]
    marks: str = ""
    fresh: bool = True

    def run(self, tests: Sequence[str], *, seconds: float | None = None) -> tuple[int, str]:
        """pytest's exit status and what it said. Raises TimeoutExpired after `seconds`."""
        options = ["-n", "0", "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "--tb=line"]
        options += [f"--timeout={_SECONDS // 2}", "--create-db" if self.fresh else "--reuse-db"]
        if self.marks:
            options += ["-m", self.marks]
        self.fresh = False
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.tree, env=self.env, capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr

    def noticed(self, mutant: Mutant) -> bool:
        """Whether the test fails with the fault in."""
        file = self.tree / mutant.file
        original = file.read_text(encoding="utf-8")
        file.write_text(mutant.mutated(original), encoding="utf-8")
        # Compiled files are told apart by the second and the size of their source.
        Path(cache_from_source(file)).unlink(missing_ok=True)
        schema = "migrations" in file.parts
        self.fresh = self.fresh or schema
        try:
            status, _ = self.run([mutant.test], seconds=_SECONDS)
        except subprocess.TimeoutExpired:
            # Whatever it was doing may have left rows behind.
            self.fresh = True
            return True
        finally:
            file.write_text(original, encoding="utf-8")
            Path(cache_from_source(file)).unlink(missing_ok=True)
            self.fresh = self.fresh or schema
        # Also where the fault is met before the test begins; that it passes without the fault is seen at the end.
        return status not in (0, _NOTHING_RAN)


def _place(
    stack: ExitStack, number: int, database: postgres.Postgres, bells: valkey.Valkey, marks: str
) -> Place:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="taperplan-mutants-"))
    tree = Path(folder) / "tree"
    shutil.copytree(ROOT, tree, ignore=_NOT_COPIED, symlinks=True)
    given = {
        "TEST_DATABASE_URL": database.url(f"mutants_{number}"),
        "TEST_REDIS_URL": f"{bells.url.rpartition('/')[0]}/{number}",
    }
    # Set by importing the project here; pytest would then read the settings before our own start has filled them in.
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return Place(tree, {**inherited, **given}, marks)


def _sound(place: Place, tests: Sequence[str]) -> None:
    """Raises Unusable unless the tests pass without any fault: a test that fails anyway notices nothing."""
    status, said = place.run(sorted(set(tests)))
    if status != 0:
        raise Unusable(f"without any fault the tests do not pass\n{said[-3000:]}")


def _all(mutants: Sequence[Mutant], marks: str, say: Callable[[str], None]) -> list[str]:
    """Put them in, as many at a time as there are processors (MUTANTS_AT_ONCE); the names of those that survived."""
    left: list[str] = []
    at_once = min(int(os.environ.get("MUTANTS_AT_ONCE") or os.cpu_count() or 1), len(mutants), _MOST_AT_ONCE)
    with ExitStack() as stack:
        database = stack.enter_context(postgres.temporary())
        bells = stack.enter_context(valkey.temporary())
        places: queue.SimpleQueue[Place] = queue.SimpleQueue()
        made = [_place(stack, number, database, bells, marks) for number in range(1, at_once + 1)]

        def one(mutant: Mutant) -> None:
            place = places.get()
            began = time.monotonic()
            try:
                ended = "noticed" if place.noticed(mutant) else f"SURVIVES: {mutant.harm}"
            finally:
                places.put(place)
            say(f"{mutant.name} ({time.monotonic() - began:.0f} s): {ended}")
            if ended != "noticed":
                left.append(mutant.name)

        with ThreadPoolExecutor(at_once) as pool:
            for place in made:
                places.put(place)
            list(pool.map(one, mutants))
            shares = [[mutant.test for mutant in mutants[n::at_once]] for n in range(at_once)]
            list(pool.map(_sound, made, shares))
    return left


def main(said: Sequence[str]) -> int:
    """Run the faults of these names, or all; with `--fast` those alone that the fast tests notice. The exit status."""
    began = time.monotonic()
    names = [word for word in said if word != "--fast"]
    fast = len(names) < len(said)
    chosen = [
        mutant for mutant in read() if (not names or mutant.name in names) and not (fast and mutant.needs)
    ]
    try:
        if unknown := set(names) - {mutant.name for mutant in chosen}:
            raise Unusable(f"there is no mutant {', '.join(sorted(unknown))}")
        for mutant in chosen:
            check(mutant)
        left = _all(chosen, FAST if fast else "", lambda line: print(line, flush=True))
    except Unusable as refused:
        print(f"ERROR: {refused}")
        return 1
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    print(
        f"{len(chosen)} mutants, {len(chosen) - len(left)} noticed, {len(left)} not, in {minutes}:{seconds:02d}"
    )
    for name in sorted(left):
        print(f"not noticed: {name}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
