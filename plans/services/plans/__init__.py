"""Plans: from a draft to an issued version, its revisions and its end.

    drafts ──► preview ──► issue ──► revise (hold, step back, slow down, stay)  ──► states (what the clock does)
    (as        (what it     (version 1)  lives (hospital, moved away, ended)
    typed)     would be)

Going on from a dose really taken is in `services.going_on`, because it can bring a patient back into care as well.

A change is shown before it is made: `preview` and `consequences` compute it with a digest, and the service that makes
the change refuses anything but what was shown. Each act locks the patient and then the plan (`locking`), writes the
next version (`new_version`, `versions`), and has its effects (`plan_effects`): the audit event that `plan_states.ACTS`
names, and the message to the patient.

    made = preview.preview(actor, patient_id=patient_id, request=request, confirmed=frozenset())
    asked = issue.IssueRequest(request, checkin_weekday=0, checkin_time=time(9), shown=made.digest)
    issue.issue(by=actor, plan_id=plan_id, seen_lock=lock, asked=asked)    # refused if anything has changed meanwhile
"""
