"""Whoever was alerted first and second until now stands on the rota without an end, from when that was set.

A server of the release before goes on reading the two columns, which are written beside the shifts; what it changes in
them while the update runs is not on the rota.
"""

from __future__ import annotations

from django.db import migrations

STANDING = """
INSERT INTO plans_shift (id, clinic_id, user_id, place, start_at, made_at, open_only)
SELECT gen_random_uuid(), clinic.id, standing.user_id, standing.place, chosen.at, chosen.at, false
FROM plans_clinic clinic
CROSS JOIN LATERAL (VALUES ('first', clinic.primary_id), ('second', clinic.second_id)) standing (place, user_id)
CROSS JOIN LATERAL (
    SELECT coalesce(max(event.at), clinic.created_at) AS at FROM plans_auditevent event
    WHERE event.clinic_id = clinic.id AND event.act = 'clinic.on_call_set'
) chosen
WHERE standing.user_id IS NOT NULL
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = (("plans", "0016_rota"),)

    operations = (migrations.RunSQL(STANDING, migrations.RunSQL.noop),)
