"""The access decorators themselves, in front of a page whose services would let everybody in."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse

from plans.models import User
from plans.services.actors import May
from plans.web.gate import staff_page

pytestmark = pytest.mark.django_db


@staff_page(May.MANAGE)
def settings_of_the_clinic(request):
    return HttpResponse("inside")


@pytest.mark.parametrize(
    ("who", "status"), [("lead", 200), ("primary", 403), ("staff", 403), ("reader", 403)], ids=str
)
def test_a_page_opens_to_the_roles_that_have_its_permission_alone(clinic, rf, who, status):
    request = rf.get("/settings")
    request.user = User.objects.get(pk=getattr(clinic, who).id)
    request.session = SessionStore()
    assert settings_of_the_clinic(request).status_code == status
