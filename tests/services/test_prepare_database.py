"""Before anything serves: a server that forgets what it committed is refused."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

pytestmark = pytest.mark.django_db


def test_a_server_that_forgets_commits_is_refused_with_what_to_do():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(CommandError, match=r"synchronous_commit off.*Set it to on"):
        call_command("prepare_database", verbosity=0)


def test_a_demo_of_invented_people_may_forget(settings):
    settings.TAPERPLAN_DEMO = True
    call_command("prepare_database", verbosity=0)
