"""Carries outbox entries from claim to settled: composed or drawn, then sent. It does not import Celery.

    outbox.claim_batch ──► messages (compose, send) ──► delivery.settle
                      └──► documents (draw in a process of its own, read back, publish)

Effects happen between two short transactions, never inside one; `upkeep` does what is due by the clock and cleans up
after dead workers. The states of an entry are in `plans.domain.outbox`.
"""
