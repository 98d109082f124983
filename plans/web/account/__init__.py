"""Signing in, and everything around it that belongs to no clinic.

django-allauth does the signing in; `adapter` says how: nobody signs up, passwords are tried slowly, messages go through
the outbox. Ours are the pages of invitations and of choosing a clinic.

    POST /accounts/login/  →  adapter.authenticate (limits)  →  post_login (clocks of the session)  →  /invitations or /
"""
