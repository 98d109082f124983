"""Use cases: the only code that reads or writes rows.

A write is one keyword-only function with `by=` the actor: it locks the patient, then the plan, asks the domain, writes,
records its audit event and puts what follows into the outbox, all in one transaction. A read takes the actor first and
gives a frozen dataclass (`from_row`), never a row; `access` fetches rows for an actor, of the actor's own clinic alone.

    drafts.discard_draft(by=actor, patient_id=patient.id, seen_lock=lock)    # Stale if somebody was faster
    queries.plan_page(actor, plan_id)                                        # NotFound for another clinic's

The clock is read in `clock` alone, and bound once per unit of work.
"""
