"""Pages of a clinic's staff, a room for each place of their work.

    caseload/   who there is            patient/    one patient: record, care, visits, check-ins
    plan/       making and changing     review/     the queue and its items
    messages/   what went out           settings/   the clinic itself

Beside the rooms lies what several show: `care_words` (where somebody's care stands), `review_lines` (a row of the
queue), `audit_lines` (a row of the history), `threshold_forms`, `patient_search` and the `picture`.

    care_context(actor, patient_id)["out"]      # True for somebody in hospital, elsewhere or dead
"""
