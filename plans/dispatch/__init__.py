"""Outbox entries on their way: claimed, composed or drawn, sent, settled. It knows no Celery.

    outbox.claim_batch ──► messages (compose, send) ──► delivery.settle
                      └──► documents (draw in a process of its own, read back, publish)

Effects happen between two short transactions and never inside one; `upkeep` puts right what dead workers and passing
time left behind. The life of an entry is in `plans.domain.outbox`.
"""
