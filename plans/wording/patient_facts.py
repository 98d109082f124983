"""Words for a patient's record: the closed sets of indications, conditions, substances and medicines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INDICATIONS: Final[Mapping[str, Promise]] = {
    "anxiety": _("anxiety"),
    "panic": _("panic"),
    "insomnia": _("sleep"),
    "seizures": _("seizures"),
    "muscle_spasm": _("muscle spasm"),
    "alcohol_withdrawal": _("alcohol withdrawal"),
    "other": _("something else"),
    "unknown": _("not known"),
}
CONDITIONS: Final[Mapping[str, Promise]] = {
    "seizure_disorder": _("seizures, epilepsy"),
    "withdrawal_seizure": _("earlier seizure in withdrawal"),
    "withdrawal_delirium": _("earlier delirium in withdrawal"),
    "suicidality": _("thoughts of suicide, now or before"),
    "depression": _("depression"),
    "bipolar_disorder": _("bipolar disorder"),
    "psychosis": _("psychosis"),
    "ptsd": _("post-traumatic stress disorder"),
    "substance_use_disorder": _("substance use disorder"),
    "pregnancy": _("pregnancy"),
    "breastfeeding": _("breastfeeding"),
    "severe_liver_disease": _("severe liver disease"),
    "severe_breathing_disease": _("severe breathing disease"),
    "sleep_apnoea": _("sleep apnoea"),
    "myasthenia_gravis": _("myasthenia gravis"),
    "narrow_angle_glaucoma": _("acute narrow-angle glaucoma"),
}
SUBSTANCES: Final[Mapping[str, Promise]] = {
    "opioids": _("opioids"),
    "opioid_treatment": _("buprenorphine or methadone treatment"),
    "alcohol": _("alcohol"),
    "kratom": _("kratom"),
    "other_sedatives": _("other sedatives"),
    "sodium_oxybate": _("sodium oxybate, GHB"),
    "grapefruit": _("grapefruit"),
}
MEDICINES: Final[Mapping[str, Promise]] = {
    "gabapentinoid": _("gabapentin, pregabalin"),
    "antipsychotic": _("an antipsychotic"),
    "clozapine": _("clozapine"),
    "sedating_antihistamine": _("a sedating antihistamine"),
    "muscle_relaxant": _("a muscle relaxant"),
    "fluvoxamine": _("fluvoxamine"),
    "fluoxetine": _("fluoxetine"),
    "sertraline": _("sertraline"),
    "nefazodone": _("nefazodone"),
    "other_antidepressant": _("another antidepressant"),
    "azole_antifungal": _("ketoconazole, itraconazole"),
    "fluconazole": _("fluconazole"),
    "macrolide": _("erythromycin, clarithromycin"),
    "fluoroquinolone": _("a fluoroquinolone (ciprofloxacin …)"),
    "ritonavir": _("ritonavir"),
    "cimetidine": _("cimetidine"),
    "omeprazole": _("omeprazole"),
    "diltiazem": _("diltiazem"),
    "enzyme_inducer": _("carbamazepine, oxcarbazepine, phenytoin, phenobarbital, rifampicin"),
    "cenobamate": _("cenobamate"),
    "cannabidiol": _("cannabidiol"),
    "stiripentol": _("stiripentol"),
    "valproate": _("valproate"),
    "probenecid": _("probenecid"),
    "st_johns_wort": _("St John’s wort"),
    "hormonal_contraceptive": _("a hormonal contraceptive"),
    "flumazenil": _("flumazenil"),
}


def indication_words(code: str) -> str:
    """What the drug is taken for."""
    return str(INDICATIONS[code])


def condition_words(code: str) -> str:
    """A condition on the record."""
    return str(CONDITIONS[code])


def substance_words(code: str) -> str:
    """A substance on the record."""
    return str(SUBSTANCES[code])


def medicine_words(code: str) -> str:
    """A medicine, or a class of medicines, on the record."""
    return str(MEDICINES[code])


def fact_words(code: str) -> str:
    """Any code of the record, from whichever set; an unknown code is returned unchanged."""
    for words in (CONDITIONS, SUBSTANCES, MEDICINES, INDICATIONS):
        if code in words:
            return str(words[code])
    return code
