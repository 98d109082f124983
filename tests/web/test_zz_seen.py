import pytest
from django.core.cache import cache
from django.test import Client
from plans.models import Membership, User
from tests.clients import client_of
from tests.makers import PASSWORD, make_clinic
pytestmark=pytest.mark.django_db
def attempt(c,a,p,addr):
    return c.post("/accounts/login/",{"login":User.objects.get(pk=a.id).email,"password":p},REMOTE_ADDR=addr)
def test_known_device_is_not_kept_out(clinic):
    cache.clear()
    c=Client(); assert attempt(c,clinic.primary,PASSWORD,"198.51.100.9").status_code==302
    c.post("/accounts/logout/")
    for n in range(60): attempt(Client(),clinic.primary,"not this at all",f"203.0.0.{n+1}")
    assert attempt(c,clinic.primary,PASSWORD,"198.51.100.9").status_code==302
def test_knocks_wipe_nothing(clinic):
    cache.clear()
    for n in range(6): attempt(Client(),clinic.primary,f"wrong {n} entirely","192.0.2.5")
    for n in range(345): Client().get(f"/q/nonsense{n:020}",REMOTE_ADDR=f"198.18.{n//250}.{n%250+1}")
    assert attempt(Client(),clinic.primary,PASSWORD,"192.0.2.5").status_code!=302
def test_ipv6(clinic):
    cache.clear()
    assert [Client().get(f"/c/{n:043}",REMOTE_ADDR=f"2001:db8:9::{n:x}").status_code for n in range(1,22)]==[404]*20+[429]
def test_stranger_gets_no_letter(clinic,mailoutbox):
    cache.clear()
    Client().post("/accounts/password/reset/",{"email":"stranger@example.org"})
    assert mailoutbox==[]
def test_not_taken_in_unasked(clinic):
    other=make_clinic()
    theirs=Client(); theirs.force_login(User.objects.get(pk=clinic.lead.id)); assert theirs.get("/queue").status_code==200
    client_of(other.lead).post("/settings/people/add",{"name":"X Y","email":User.objects.get(pk=clinic.lead.id).email,"role":"clinician"})
    assert not Membership.objects.filter(clinic_id=other.id,user_id=clinic.lead.id).exists()
def test_session_keeps(clinic):
    other=make_clinic()
    theirs=Client(); theirs.force_login(User.objects.get(pk=clinic.lead.id)); assert theirs.get("/queue").status_code==200
    client_of(other.lead).post("/settings/people/add",{"name":"X Y","email":User.objects.get(pk=clinic.lead.id).email,"role":"clinician"})
    assert theirs.get("/queue").status_code==200
def test_advice(clinic):
    c=client_of(clinic.lead,raise_request_exception=False)
    r=c.post("/settings/advice/en",{"missed":"Wait for us.","worse":"Call the clinic.","emergency":"","seen":"0"})
    assert r.status_code==422
