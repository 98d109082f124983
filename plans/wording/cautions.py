"""The sentences of the cautions: what the source says to do. For clinicians."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plans.domain.taper.cautions import Caution
from plans.wording.drugs import drug_words, listed
from plans.wording.patient_facts import fact_words

SEVERITIES: Final[Mapping[str, Promise]] = {
    "boxed": _("boxed warning"),
    "contraindicated": _("contraindicated"),
    "major": _("major"),
    "moderate": _("moderate"),
    "minor": _("minor"),
    "guideline": _("guideline"),
}
# %(drugs)s: the drugs of the plan it touches; %(because)s: what on the record raised it.
SENTENCES: Final[Mapping[str, Promise]] = {
    "several_sedatives": _(
        "%(drugs)s on one day: sedation and slowed breathing add up. Review whether all are needed, plan "
        "which to reduce first, and take specialist advice if there are more than two."
    ),
    "over_40_mg_equivalent": _(
        "More than 40 mg of diazepam equivalent a day (%(drugs)s): Australian guidance calls for specialist advice."
    ),
    "above_maximum_together": _(
        "%(drugs)s are each within their own daily maximum, but together they add up to more than one."
    ),
    "opioids": _(
        "Opioids with %(drugs)s: deep sedation and stopped breathing. Offer naloxone, review at least every 3 months "
        "or at each visit or renewal, keep both doses as low as works. One taper at a time."
    ),
    "opioid_treatment": _(
        "Buprenorphine or methadone treatment: offer naloxone, and never disrupt the treatment because of this taper."
    ),
    "kratom": _(
        "Kratom acts on opioid receptors: treat it as an opioid for sedation and offer naloxone. Ask without judging, "
        "and ask that the amount stays the same."
    ),
    "kratom_cyp3a4": _(
        "Kratom slows the clearance of %(drugs)s. Starting or stopping it in mid-taper changes the level: "
        "keep it steady, or plan anew."
    ),
    "alcohol": _(
        "Alcohol with %(drugs)s adds up to deep sedation and stopped breathing. Say so plainly; ask at every check-in."
    ),
    "sedatives": _(
        "%(because)s with %(drugs)s add up in sedation and in slowed breathing. Review whether all are needed; "
        "change one thing at a time."
    ),
    "sodium_oxybate": _(
        "Sodium oxybate must not be combined with %(drugs)s: review before the taper starts."
    ),
    "clozapine": _(
        "Clozapine with %(drugs)s: marked sedation and slowed breathing are reported. Watch closely."
    ),
    "grapefruit": _("Grapefruit raises the level of %(drugs)s a little: keep the amount steady."),
    "azoles_contraindicated": _(
        "%(because)s raise the level of %(drugs)s several times over and must not be combined. "
        "Starting or stopping one in mid-taper: hold the next cut for at least 2 weeks."
    ),
    "cyp3a4_inhibitor": _(
        "%(because)s can raise the level of %(drugs)s. If it is started, stopped or changed in mid-taper, "
        "hold the next cut for at least 2 weeks, then go on from how the patient is."
    ),
    "ritonavir": _(
        "Ritonavir must not be combined with %(drugs)s; its effect turns from raising to lowering the level over "
        "days. Hold the next cut and take specialist advice."
    ),
    "enzyme_inducer": _(
        "%(because)s lower the level of %(drugs)s. Starting one is an unplanned cut; stopping one raises the level "
        "over about 2 weeks. Hold the taper and begin again from how the patient is."
    ),
    "st_johns_wort": _(
        "St John’s wort about halves the level of %(drugs)s. Starting it is an unplanned cut: keep it steady."
    ),
    "cyp2c19_inhibitor": _(
        "%(because)s can raise the level of %(drugs)s. If it is started, stopped or changed in mid-taper, "
        "hold the next cut for at least 2 weeks."
    ),
    "ugt_inhibitor": _(
        "%(because)s can raise the level of %(drugs)s. Added in mid-taper: hold. Stopped in mid-taper: "
        "expect withdrawal and do not cut in that step."
    ),
    "valproate_clonazepam": _(
        "Valproate with clonazepam: absence status has been reported. Ask a neurologist."
    ),
    "hormonal_contraceptive": _(
        "Hormonal contraceptives change the level of %(drugs)s a little: note when one is started or stopped."
    ),
    "antidepressant": _(
        "%(because)s: keep the antidepressant as it is during the taper, so that what a cut does can be seen. "
        "If it changes, hold the next cut."
    ),
    "gaba_antagonist": _(
        "%(because)s can work against %(drugs)s and bring on withdrawal or a seizure. "
        "Choose another antibiotic where there is one; never flumazenil in a dependent outpatient."
    ),
    "seizure_indication": _(
        "Taken against seizures: do not taper %(drugs)s by schedule. Plan each step with a neurologist."
    ),
    "seizure_history": _(
        "Seizures in the history: a cut of %(drugs)s can bring on a seizure. Plan with a neurologist, go slower, "
        "and say what to do in a seizure."
    ),
    "withdrawal_seizure": _(
        "Earlier seizure or delirium in withdrawal: consider tapering as an inpatient, or with specialist advice."
    ),
    "pregnancy": _(
        "Pregnancy: weigh the risks for mother and child together with the maternity team, avoid sudden change, "
        "and tell the newborn’s clinician."
    ),
    "breastfeeding": _(
        "Breastfeeding: the guideline encourages it. Tell the infant’s clinician, and watch the infant for sedation."
    ),
    "liver_avoid": _(
        "Severe liver disease: %(drugs)s must not be used, or builds up. Take specialist advice before the plan, "
        "and before any switch to diazepam."
    ),
    "liver": _(
        "Severe liver disease: lorazepam, oxazepam and temazepam are cleared without the damaged enzymes; "
        "take specialist advice."
    ),
    "breathing": _(
        "Severe breathing disease: %(drugs)s can stop breathing. Review the whole medication; "
        "do not switch to diazepam."
    ),
    "sleep_apnoea": _(
        "Sleep apnoea, made worse by %(drugs)s: review more often, check treatment; do not switch to diazepam."
    ),
    "myasthenia_gravis": _(
        "Myasthenia gravis: %(drugs)s can weaken breathing. Take specialist advice; do not switch to diazepam."
    ),
    "narrow_angle_glaucoma": _(
        "Acute narrow-angle glaucoma: a contraindication for %(drugs)s; ask an eye specialist."
    ),
    "suicidality": _(
        "Thoughts of suicide: agree a crisis plan and a person to call before the first cut, consider inpatient "
        "care where harm is near, dispense small amounts."
    ),
    "depression": _(
        "Depression: treat it first or alongside, and watch for it after each cut. Pause if sleep or mood falls."
    ),
    "bipolar_or_psychosis": _(
        "Bipolar disorder or psychosis: review more often and watch sleep; pause the taper if sleep "
        "is clearly disturbed."
    ),
    "ptsd": _(
        "Post-traumatic stress disorder: the guideline strongly advises to consider a taper, with therapy."
    ),
    "substance_use": _(
        "Substance use disorder: treat it alongside, review more often, offer harm reduction, go on watching after "
        "the last dose."
    ),
    "age_65": _(
        "Aged 65 or over: the guideline advises a taper unless there is a compelling reason against it. "
        "Go slower, and ask about falls."
    ),
}
# Raised by the plan itself, and made more severe by what else is on the record.
_FROM_THE_PLAN: Final = frozenset({"several_sedatives", "over_40_mg_equivalent", "above_maximum_together"})
_RISKS: Final[Mapping[str, Promise]] = {
    "rare": _("withdrawal is rare"),
    "lower_but_possible": _("withdrawal is less likely, but possible"),
    "rises_with_dose_and_duration": _("withdrawal is likely, more so with dose and duration"),
}
_SIZES: Final[Mapping[str, Promise]] = {
    "low": _("a low dose"),
    "moderate": _("a moderate dose"),
    "high": _("a high dose"),
    "unknown": _("a dose no table can compare (counted as high)"),
}


def caution_words(caution: Caution) -> str:
    """The sentence of a caution; what the source says to do."""
    if caution.code == "withdrawal_risk":
        return _grid(caution)
    facts = {
        "drugs": listed([drug_words(name, clinician=True) for name in _codes(caution, "drugs")]),
        "because": listed([fact_words(code) for code in _codes(caution, "raised_by")]),
    }
    words = str(SENTENCES[caution.code]) % facts
    if caution.code in _FROM_THE_PLAN:
        return f"{words} {_graver(caution)}".rstrip()
    return words[:1].upper() + words[1:] if str(SENTENCES[caution.code]).startswith("%(because)s") else words


def _graver(caution: Caution) -> str:
    """What on the record makes a caution of the plan more severe; "" for nothing."""
    because = _codes(caution, "raised_by")
    if not because:
        return ""
    said = [gettext("aged 65 or over") if code == "age" else fact_words(code) for code in because]
    return gettext("More so here: %(because)s.") % {"because": listed(said)}


def severity_words(code: str) -> str:
    """The severity of a caution: "boxed warning", "contraindicated", "major" …"""
    return str(SEVERITIES[code])


def _codes(caution: Caution, key: str) -> list[str]:
    found = caution.facts.get(key)
    return [str(code) for code in found] if isinstance(found, list) else []


def _grid(caution: Caution) -> str:
    months, days = caution.facts["duration_months"], caution.facts["days_a_week"]
    facts = {
        "risk": str(_RISKS[str(caution.facts["risk"])]),
        "size": str(_SIZES[str(caution.facts["dose_class"])]),
        "months": months,
        "days": days,
    }
    if months is None:
        return (
            gettext(
                "By the guideline’s grid %(risk)s: %(size)s on %(days)s days a week, for how long is not known."
            )
            % facts
        )
    return (
        gettext("By the guideline’s grid %(risk)s: %(size)s on %(days)s days a week for %(months)s months.")
        % facts
    )
