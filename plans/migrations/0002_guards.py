"""What was written once stays as it was: the database refuses changes to the trail, to versions and to revisions.

A trigger, not a permission: it also binds the owner of the tables, so that a slip in our own code cannot rewrite history.
`plan_version` may be marked as replaced, once, and nothing else of it may change.
"""

from __future__ import annotations

from django.db import migrations

REFUSE = """
CREATE FUNCTION taperplan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION taperplan_version_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.replaced_at IS NULL AND NEW.replaced_at IS NOT NULL
       AND to_jsonb(OLD) - 'replaced_at' = to_jsonb(NEW) - 'replaced_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'append only: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
DROP = "DROP FUNCTION taperplan_append_only(); DROP FUNCTION taperplan_version_fixed();"
APPEND_ONLY = (
    "plans_auditevent", "plans_checkinrevision", "plans_reviewevent", "plans_planstep", "plans_rulesignature",
)  # fmt: skip


def _trigger(table: str, function: str) -> migrations.RunSQL:
    name = f"{table}_fixed"
    return migrations.RunSQL(
        f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();",
        f"DROP TRIGGER {name} ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = (("plans", "0001_initial"),)

    operations = (
        migrations.RunSQL(REFUSE, DROP),
        *(_trigger(table, "taperplan_append_only") for table in APPEND_ONLY),
        _trigger("plans_planversion", "taperplan_version_fixed"),
    )
