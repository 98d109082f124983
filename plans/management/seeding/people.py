"""The demo's patients, all invented, and what happens to them.

`starts` counts days before today on which the taper begins (negative: ahead). `mood` names a course of answers in
`answers.py`. `events` are (days after the start, what happens): see `life.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from plans.domain.json import JsonObject


@dataclass(frozen=True, slots=True)
class Person:
    """One invented patient."""

    name: str
    born: date
    clinic: str
    plan: str | None
    starts: int
    mood: str = "calm"
    indication: str = "anxiety"
    months: int = 36
    conditions: tuple[str, ...] = ()
    substances: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    email: str = "yes"
    pauses: frozenset[int] = frozenset()
    events: tuple[tuple[int, str], ...] = ()
    language: str = "en"


H, R = "harbour", "riverside"

PEOPLE: Final = (
    Person("Quill Testcase", date(1979, 3, 14), H, "clonazepam_2", 133, "crisis_now", medicines=("sertraline",),
           pauses=frozenset({7}), events=((62, "hold"), (104, "step_back"))),
    Person("Bramble Mockford", date(1966, 11, 2), H, "lorazepam_3", 40, "ran_out", months=60),
    Person("Tansy Placeholder", date(1988, 1, 30), H, "alprazolam_175", 56, "shaking", indication="panic",
           conditions=("ptsd",), events=((45, "hold"),)),
    Person("Marlo Fictus", date(1971, 6, 9), H, "diazepam_10", 45, "silent_lately", months=120,
           substances=("alcohol",)),
    Person("Rosalind Imaginary", date(1948, 9, 21), H, "temazepam_20", 28, "fell", indication="insomnia", months=180,
           conditions=("sleep_apnoea",)),
    Person("Torquil Unlikely", date(1992, 4, 5), H, "clonazepam_15", 42, "kratom", substances=("kratom",)),
    Person("Oriel Dummett", date(1984, 12, 12), H, "clonazepam_2", 98, "low_lately", conditions=("depression",),
           medicines=("other_antidepressant",)),
    Person("Cosima Standin", date(1990, 8, 17), H, "clonazepam_15", 52, "writes"),
    Person("Yarrow Hypothet", date(1975, 2, 3), H, "diazepam_10", 49, "calm", email="bounces"),
    Person("Clementine Noman", date(1959, 7, 25), H, "oxazepam_30", 84, "misses_one"),
    Person("Odalys Example", date(1970, 7, 8), H, None, 0),
    Person("Winslow Pretend", date(1981, 10, 10), H, "diazepam_20", 112, "waves", medicines=("omeprazole",),
           events=((49, "hold"),)),
    Person("Ottoline Sham", date(1963, 5, 19), H, "zolpidem_10", 35, "sleepless", indication="insomnia"),
    Person("Barnaby Makebelieve", date(1955, 3, 3), H, "clonazepam_15", 3, "calm"),
    Person("Lettice Fabula", date(1995, 6, 28), H, "alprazolam_cross", 49, "waves", indication="panic"),
    Person("Ignatius Virtual", date(1978, 1, 11), H, "diazepam_4", 77, "calm"),
    Person("Philippa Mirage", date(1986, 9, 9), H, "clonazepam_05", 105, "after_the_end"),
    Person("Gideon Semblance", date(1967, 4, 22), H, "diazepam_micro", 30, "calm", months=90),
    Person("Hester Illusory", date(1973, 11, 30), H, "lorazepam_3", 21, "opted_out", events=((12, "opt_out"),)),
    Person("Rafael Inventado", date(1983, 2, 14), H, "clonazepam_15", 24, "calm", language="es"),
    Person("Amabel Notional", date(1999, 12, 1), H, "diazepam_10", -4, "calm"),
    Person("Crispin Nominal", date(1952, 8, 8), H, "clonazepam_15", 28, "calm", email="none"),
    Person("Delphine Figment", date(1980, 5, 5), R, "diazepam_gb", 70, "waves", substances=("opioids",)),
    Person("Edmund Phantasm", date(1961, 10, 23), R, "diazepam_gb", 42, "calm", events=((30, "slow_down"),)),
    Person("Flora Chimera", date(1977, 7, 7), R, "nitrazepam_gb", 42, "sleepless", indication="insomnia"),
    Person("Horatio Spectre", date(1969, 3, 27), R, "diazepam_gb", 14, "calm", email="unconfirmed"),
    Person("Isolde Reverie", date(1991, 11, 11), R, "diazepam_gb", 49, "low_lately", events=((28, "step_back"),)),
    Person("Jocasta Daydream", date(1958, 1, 1), R, "temazepam_gb", 56, "calm", indication="insomnia"),
    Person("Lysander Utopia", date(1987, 6, 16), R, "diazepam_gb", 7, "baseline_only"),
    Person("Mirabel Nowhere", date(1974, 9, 29), R, None, 0),
)  # fmt: skip


def _times(drug: str, **doses: str) -> list[dict[str, str]]:
    return [{"time": time, "drug": drug, "dose_mg": dose} for time, dose in doses.items()]


def _tablet(drug: str, strength: str, split: int = 2, form: str = "tablet") -> dict[str, object]:
    return {"drug": drug, "form": form, "strength_mg": strength, "split": split}


@dataclass(frozen=True, slots=True)
class SeedTaper:
    """A taper request without its first day."""

    regimen: list[dict[str, str]]
    products: list[JsonObject]
    method: JsonObject
    more: JsonObject = field(default_factory=dict)


_CLONAZEPAM = [_tablet("clonazepam", "0.5"), _tablet("clonazepam", "0.125", 1, "odt")]
_DIAZEPAM = [_tablet("diazepam", "2"), _tablet("diazepam", "5")]

TAPERS: Final = {
    "clonazepam_15": SeedTaper(_times("clonazepam", morning="0.5", night="1"), _CLONAZEPAM,
                           {"name": "percent_of_current", "percent": "10", "interval_days": 14}),
    "clonazepam_2": SeedTaper(_times("clonazepam", morning="0.75", evening="1.25"), _CLONAZEPAM,
                          {"name": "fixed_amount", "amount_mg": "0.125", "interval_days": 14}),
    "clonazepam_05": SeedTaper(_times("clonazepam", night="0.5"), _CLONAZEPAM,
                           {"name": "fixed_amount", "amount_mg": "0.125", "interval_days": 21}),
    "lorazepam_3": SeedTaper(_times("lorazepam", morning="1", midday="1", night="1"),
                         [_tablet("lorazepam", "1"), _tablet("lorazepam", "0.5")],
                         {"name": "percent_of_original", "percent": "10", "interval_days": 14}),
    "alprazolam_175": SeedTaper(_times("alprazolam", morning="0.5", midday="0.5", night="0.75"),
                            [_tablet("alprazolam", "0.25"), _tablet("alprazolam", "0.5")],
                            {"name": "percent_of_current", "percent": "10", "interval_days": 21}),
    "alprazolam_cross": SeedTaper(_times("alprazolam", morning="0.5", night="0.5"),
                              [_tablet("alprazolam", "0.25"), *_DIAZEPAM],
                              {"name": "percent_of_current", "percent": "10", "interval_days": 14},
                              {"crossover": {"to": "diazepam", "stage_days": 7}}),
    "diazepam_10": SeedTaper(_times("diazepam", night="10"), _DIAZEPAM,
                         {"name": "fixed_amount", "amount_mg": "1", "interval_days": 14}),
    "diazepam_20": SeedTaper(_times("diazepam", morning="10", night="10"), _DIAZEPAM,
                         {"name": "bands", "bands": [{"above_mg": "10", "amount_mg": "2"},
                                                     {"above_mg": "0", "amount_mg": "1"}], "interval_days": 14}),
    "diazepam_4": SeedTaper(_times("diazepam", night="4"), _DIAZEPAM,
                        {"name": "fixed_amount", "amount_mg": "0.5", "interval_days": 21},
                        {"products": [_tablet("diazepam", "2", 4)]}),
    "diazepam_micro": SeedTaper(_times("diazepam", night="6"),
                            [{"drug": "diazepam", "form": "solution", "mg_per_ml": "1", "step_ml": "0.1"}],
                            {"name": "micro", "percent": "5", "interval_days": 14}),
    "temazepam_20": SeedTaper(_times("temazepam", night="22.5"),
                          [_tablet("temazepam", "7.5", 1, "capsule"), _tablet("temazepam", "15", 1, "capsule")],
                          {"name": "fixed_amount", "amount_mg": "7.5", "interval_days": 28}),
    "oxazepam_30": SeedTaper(_times("oxazepam", morning="10", midday="10", night="10"),
                         [_tablet("oxazepam", "10", 1, "capsule")],
                         {"name": "fixed_amount", "amount_mg": "10", "interval_days": 28}),
    "zolpidem_10": SeedTaper(_times("zolpidem", night="10"), [_tablet("zolpidem", "5")],
                         {"name": "two_rates", "first": {"percent": "25"}, "then": {"percent": "20"}, "below_mg": "5",
                          "interval_days": 14}),
    "diazepam_gb": SeedTaper(_times("diazepam", morning="6", night="8"), [_tablet("diazepam", "2")],
                         {"name": "fixed_amount", "amount_mg": "1", "interval_days": 14}),
    "nitrazepam_gb": SeedTaper(_times("nitrazepam", night="10"), [_tablet("nitrazepam", "5")],
                           {"name": "fixed_amount", "amount_mg": "2.5", "interval_days": 28}),
    "temazepam_gb": SeedTaper(_times("temazepam", night="20"), [_tablet("temazepam", "10")],
                          {"name": "fixed_amount", "amount_mg": "5", "interval_days": 28}),
}  # fmt: skip
