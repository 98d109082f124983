"""Addresses around signing in; signing in itself is django-allauth's, under /accounts/."""

from __future__ import annotations

from django.urls import path

from plans.web.account import answering, own, own_sign_in, sso, views

urlpatterns = [
    path("k/<str:token>", answering.answer_page, name="answer"),
    path("n/<str:token>", own_sign_in.not_me_page, name="not-me"),
    path("accounts/oidc/<slug:provider_id>/login/", sso.sso_page, name="openid_connect_login"),
    path("accounts/oidc/<slug:provider_id>/login/callback/", sso.sso_back, name="openid_connect_callback"),
    path("account", own_sign_in.own_page, name="mfa_index"),
    path("account/sessions", own_sign_in.sessions_end, name="sessions-end"),
    path("invitations", views.invitations_page, name="invitations"),
    path("clinics", views.choose_clinic, name="choose-clinic"),
    path("me", own.own_page, name="own"),
    path("installation", own.installation_page, name="installation"),
    path("kept/<uuid:kept_id>/discard", views.kept_discard, name="kept-discard"),
]
