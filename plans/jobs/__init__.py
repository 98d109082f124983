"""Celery: what workers are told to do, and the table of what is done on time (`schedule`).

A job is a few lines that call `plans.dispatch` or `plans.services` and may run twice with the same result. Redis only
wakes workers: with Redis gone work is late, never lost.
"""
