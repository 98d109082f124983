"""Celery tasks, and the table of periodic ones (`schedule`).

A job is a few lines that call `plans.dispatch` or `plans.services` and may run twice with the same result. Redis only
wakes workers: without Redis work is late, never lost.
"""
