"""The caseload as rows of its own, with the triggers that mark whose row has changed and count what lists hold.

At the end every patient is marked, so that the rows are written: by `manage.py prepare_database` and the tick. Marks
are made by the triggers whatever release writes, so that rows stay right while the release before still serves.
"""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

MARK = """
CREATE FUNCTION taperplan_mark_caseload() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    marked uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN marked := OLD.patient_id; ELSE marked := NEW.patient_id; END IF;
    IF marked IS NOT NULL THEN
        INSERT INTO plans_caseloadmark (patient_id, transaction)
        VALUES (marked, pg_current_xact_id()::text::bigint);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION taperplan_mark_caseload_of_self() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    marked uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN marked := OLD.id; ELSE marked := NEW.id; END IF;
    INSERT INTO plans_caseloadmark (patient_id, transaction) VALUES (marked, pg_current_xact_id()::text::bigint);
    RETURN NULL;
END $$;

CREATE FUNCTION taperplan_count_caseload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plans_caseloadcount (list_key, n)
    SELECT list_key, count(*) * (CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END) FROM changed GROUP BY list_key;
    RETURN NULL;
END $$;

CREATE TRIGGER caseload_counts_more AFTER INSERT ON plans_caseloadentry
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION taperplan_count_caseload();

CREATE TRIGGER caseload_counts_fewer AFTER DELETE ON plans_caseloadentry
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION taperplan_count_caseload();
"""
UNMARK = """
DROP TRIGGER caseload_counts_more ON plans_caseloadentry;
DROP TRIGGER caseload_counts_fewer ON plans_caseloadentry;
DROP FUNCTION taperplan_mark_caseload();
DROP FUNCTION taperplan_mark_caseload_of_self();
DROP FUNCTION taperplan_count_caseload();
"""
# Columns of a patient that the caseload shows or is made from; of other tables any change counts.
PATIENT = "name, sort_key, record_no, born, zone, owner_id, care_state, contact_how, email_state, mail_state"
# Check-ins are planned by the hundred, and answered page by page: neither is seen in the caseload.
OCCASION = "state IN ('invited', 'missed')"
CHECKIN = "state = 'submitted'"
ALL = "INSERT INTO plans_caseloadmark (patient_id, transaction) SELECT id, 0 FROM plans_patient"


def _mark(
    table: str, *, insert: str = "", update: str = "", delete: str = "", columns: str = "", own: bool = False
) -> migrations.RunSQL:
    function = "taperplan_mark_caseload_of_self" if own else "taperplan_mark_caseload"
    of = f" OF {columns}" if columns else ""
    made, gone = "", ""
    for event, when in (("INSERT", insert), (f"UPDATE{of}", update), ("DELETE", delete)):
        name = f"caseload_mark_{event.partition(' ')[0].lower()}"
        made += f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW"
        made += f" {f'WHEN ({when}) ' if when else ''}EXECUTE FUNCTION {function}();\n"
        gone += f"DROP TRIGGER {name} ON {table};\n"
    return migrations.RunSQL(made, gone)


def _narrow(table: str, condition: str) -> migrations.RunSQL:
    new, old = f"NEW.{condition}", f"OLD.{condition}"
    return _mark(table, insert=new, update=f"{new} OR {old}", delete=old)


def _to(model: str, **more: object) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, to=model, **more
    )


class Migration(migrations.Migration):
    dependencies = (("plans", "0005_list_indexes"),)

    operations = (
        TrigramExtension(),
        migrations.CreateModel(
            name="CaseloadRow",
            fields=[
                (
                    "patient",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="caseload_row",
                        serialize=False,
                        to="plans.patient",
                    ),
                ),
                ("clinic", _to("plans.clinic", related_name="+")),
                ("owner", _to(settings.AUTH_USER_MODEL, null=True, related_name="+")),
                ("search", models.CharField(max_length=280)),
                ("facts", models.JSONField()),
                ("priority", models.PositiveSmallIntegerField()),
                ("change_on", models.DateField()),
                ("answer_rank", models.BigIntegerField()),
                ("sort_key", models.CharField(db_collation="C", max_length=220)),
                ("stale_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic", "stale_at"], name="caseload_stale"),
                    models.Index(fields=["stale_at"], name="caseload_to_renew"),
                    models.Index(fields=["clinic", "search"], include=("patient",), name="caseload_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search"], name="caseload_trigrams", opclasses=("gin_trgm_ops",)
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseloadEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("list_key", models.UUIDField()),
                ("row", _to("plans.caseloadrow", db_column="patient_id", related_name="entries")),
                ("priority", models.PositiveSmallIntegerField()),
                ("change_on", models.DateField()),
                ("answer_rank", models.BigIntegerField()),
                ("sort_key", models.CharField(db_collation="C", max_length=220)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("row", "list_key"), name="caseload_entry_once")
                ],
                "indexes": [
                    models.Index(fields=["list_key", "priority", "sort_key", "row"], name="caseload_by_flag"),
                    models.Index(fields=["list_key", "sort_key", "row"], name="caseload_by_name"),
                    models.Index(
                        fields=["list_key", "change_on", "sort_key", "row"], name="caseload_by_change"
                    ),
                    models.Index(
                        fields=["list_key", "answer_rank", "sort_key", "row"], name="caseload_by_answer"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseloadCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("list_key", models.UUIDField()),
                ("n", models.IntegerField()),
            ],
            options={"indexes": [models.Index(fields=["list_key"], include=("n",), name="caseload_counts")]},
        ),
        migrations.CreateModel(
            name="CaseloadMark",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="plans.patient",
                    ),
                ),
                ("transaction", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["transaction"], name="caseload_mark_of")]},
        ),
        migrations.RunSQL(MARK, UNMARK),
        _mark("plans_patient", columns=PATIENT, own=True),
        _mark("plans_plan"),
        _narrow("plans_occasion", OCCASION),
        _narrow("plans_checkin", CHECKIN),
        _mark("plans_reviewitem", columns="state, priority, first_action_due, patient_id"),
        _mark("plans_takendose"),
        _mark("plans_carechange"),
        _mark("plans_plannedvisit"),
        migrations.RunSQL(ALL, migrations.RunSQL.noop),
    )
