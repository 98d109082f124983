"""The look-up of a clinic by what somebody holds, for web processes, which see no clinic's rows before they know which.

The policies themselves are no migration: `prepare_database` writes them (`plans.services.walled_tables`), as it grants
rights. The function belongs to the owner of the tables, so that no policy hides rows from it; it tells keys of clinics
and nothing else, and each door takes a key that only its holder knows or that the caller has checked.
"""

from __future__ import annotations

from django.db import migrations

DOORS = """
CREATE OR REPLACE FUNCTION taperplan_clinics_behind(door text, held text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    CASE door
    WHEN 'person' THEN
        RETURN QUERY SELECT m.clinic_id FROM public.plans_membership m WHERE m.user_id = held::uuid;
    WHEN 'invited' THEN
        RETURN QUERY SELECT i.clinic_id FROM public.plans_invitation i JOIN public.plans_user u
            ON lower(i.email) = lower(u.email) WHERE u.id = held::uuid AND i.outcome = '';
    WHEN 'link' THEN
        RETURN QUERY SELECT l.clinic_id FROM public.plans_link l WHERE l.token_hash = held;
    WHEN 'link_key' THEN
        RETURN QUERY SELECT l.clinic_id FROM public.plans_link l WHERE l.id = held::uuid;
    WHEN 'session' THEN
        RETURN QUERY SELECT l.clinic_id FROM public.plans_patientsession s JOIN public.plans_link l
            ON l.id = s.link_id WHERE s.key_hash = held;
    WHEN 'work' THEN
        RETURN QUERY SELECT w.clinic_id FROM public.plans_work w WHERE w.id = held::uuid;
    WHEN 'reply' THEN
        RETURN QUERY SELECT r.clinic_id FROM public.plans_replycode r WHERE r.token_hash = held;
    WHEN 'installation' THEN
        RETURN QUERY SELECT c.id FROM public.plans_clinic c;
    END CASE;
END $$;
"""

# A version and the trail stay with the clinic that wrote them; whoever has the patient now reads them. In a policy a
# sub-query would be planned with every statement, though it is hardly ever needed.
HERE = """
CREATE OR REPLACE FUNCTION taperplan_is_here(kind text, key uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    here uuid[] := nullif(current_setting('taperplan.clinics', true), '')::uuid[];
BEGIN
    IF kind = 'plan' THEN
        RETURN EXISTS (SELECT FROM public.plans_plan p WHERE p.id = key AND p.clinic_id = ANY (here));
    END IF;
    RETURN EXISTS (SELECT FROM public.plans_patient p WHERE p.id = key AND p.clinic_id = ANY (here));
END $$;
"""


class Migration(migrations.Migration):
    dependencies = (("plans", "0034_dispensing_once_a_version"),)

    operations = (
        migrations.RunSQL(DOORS, "DROP FUNCTION IF EXISTS taperplan_clinics_behind(text, text);"),
        migrations.RunSQL(HERE, "DROP FUNCTION IF EXISTS taperplan_is_here(text, uuid);"),
    )
