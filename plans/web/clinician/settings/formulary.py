"""The clinic's formulary: products in stock, how they may be split, and the syringes used for liquids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.errors import Stale
from plans.domain.syringes import SYRINGES
from plans.domain.taper import catalogue
from plans.domain.taper.drug import COUNTRIES, SourceMark
from plans.domain.taper.formulary import Formulary
from plans.domain.taper.products import NEVER_SPLIT, Form, Product
from plans.services import accounts, formulary
from plans.services.actors import May
from plans.web.forms import EdgeForm
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.web.untyped import Context, Options, Posted, Values
from plans.wording.drugs import drug_words, form_words, forms_as_in, product_words

_LONGEST_SEARCH: Final = 60
_SPLITS: Final = (
    ("4", gettext_lazy("Halves and quarters")),
    ("2", gettext_lazy("Halves, no quarters")),
    ("1", gettext_lazy("Whole only")),
)


@dataclass(frozen=True, slots=True)
class StockRow:
    """One product of the country: whether it is stocked, and how finely it is split here."""

    name: str
    words: str
    unverified: bool
    ticked: bool
    splits: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class DrugStock:
    """One drug: its products, and whether the clinic has a list of its own for it."""

    drug: str
    words: str
    own: bool
    rows: tuple[StockRow, ...]


class FormularyForm(EdgeForm):
    """The rules that hold for every drug."""

    most_split = forms.ChoiceField(label=gettext_lazy("Tablets are taken as"), choices=_SPLITS)
    without = forms.MultipleChoiceField(
        label=gettext_lazy("Never used here"), required=False, widget=forms.CheckboxSelectMultiple
    )
    syringes = forms.MultipleChoiceField(
        label=gettext_lazy("Oral syringes given out"), required=False, widget=forms.CheckboxSelectMultiple
    )
    home_made = forms.BooleanField(
        label=gettext_lazy("A suspension may be made at home from tablets and water"),
        help_text=gettext_lazy(
            "It is unlicensed and its stability has not been studied: the prescriber is responsible for it."
        ),
        required=False,
    )

    def __init__(self, data: Posted | None = None, **more: Options) -> None:
        super().__init__(data, **more)
        choices: dict[str, list[tuple[str, str]]] = {
            "without": [(form.value, form_words(form, 2)) for form in Form if form is not Form.TABLET],
            "syringes": [
                (
                    str(n),
                    _("{size} mL, marked every {mark} mL").format(size=one.holds.text, mark=one.mark.text),
                )
                for n, one in enumerate(SYRINGES)
            ],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]  # declared above with choices

    def read(self, before: Formulary, data: QueryDict, country: str) -> Formulary:
        """The formulary as posted; drugs that were not on the page keep what they had."""
        shown = [drug for drug in data.getlist("shown") if drug in catalogue.names()]
        drugs = {drug: listed for drug, listed in before.drugs if drug not in shown}
        for drug in shown:
            if f"own:{drug}" in data:
                drugs[drug] = _posted(data, drug, country)
        return Formulary(
            drugs=tuple(sorted(drugs.items())),
            without=tuple(Form(form) for form in self.cleaned_data["without"]),
            most_split=int(self.cleaned_data["most_split"]),
            syringes=tuple(sorted(SYRINGES[int(n)] for n in self.cleaned_data["syringes"])),
            home_made=self.cleaned_data["home_made"],
        )


def _posted(data: QueryDict, drug: str, country: str) -> tuple[Product, ...]:
    ticked = set(data.getlist("stock"))
    found = []
    for entry in catalogue.drug(drug).products(country):
        product = entry.product
        if product.name in ticked:
            raw = str(data.get(f"split:{product.name}", ""))
            chosen = next((split for split in _fitting(product) if str(split) == raw), product.split)
            found.append(product if product.is_liquid else replace(product, split=chosen))
    return tuple(found)


def _fitting(product: Product) -> list[int]:
    if product.is_liquid or product.form in NEVER_SPLIT:
        return []
    return [split for split in (1, 2, 4) if product.strength.units % split == 0]


def initial_of(found: Formulary) -> Values:
    """The rules as the form shows them."""
    return {
        "most_split": str(found.most_split),
        "without": [form.value for form in found.without],
        "syringes": [str(n) for n, one in enumerate(SYRINGES) if one in found.syringes],
        "home_made": found.home_made,
    }


def stock_rows(found: Formulary, country: str, search: str) -> list[DrugStock]:
    """Every drug whose name or brand contains the search text, with its products in this country."""
    wanted = search.strip().lower()
    listed = dict(found.drugs)
    return [
        DrugStock(
            drug.name,
            drug_words(drug.name, clinician=True),
            drug.name in listed,
            _rows(drug.name, country, listed.get(drug.name)),
        )
        for drug in catalogue.drugs()
        if any(wanted in name.lower() for name in (drug.name, *drug.brands))
    ]


def _rows(drug: str, country: str, own: Sequence[Product] | None) -> tuple[StockRow, ...]:
    chosen = {product.name: product for product in own or ()}
    found = []
    for entry in catalogue.drug(drug).products(country):
        product = chosen.get(entry.product.name, entry.product)
        splits = tuple((str(split), split == product.split) for split in _fitting(product))
        ticked = entry.default if own is None else product.name in chosen
        unverified = entry.mark is not SourceMark.VERIFIED
        with forms_as_in(country):
            named = product_words(product)
        found.append(StockRow(product.name, named, unverified, ticked, splits))
    return tuple(found)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def formulary_page(request: StaffRequest) -> HttpResponse:
    """Show and change the formulary, without overwriting what somebody else saved meanwhile."""
    standing = formulary.formulary(request.actor)
    if request.method != "POST":
        return _show(request, FormularyForm(initial=initial_of(standing)), standing, standing.digest)
    form = FormularyForm(request.POST)
    seen = request.POST.get("seen", "")[:64]
    if not form.is_valid():
        return _show(request, form, standing, seen, status=422)
    made = form.read(standing, request.POST, _country(request))
    try:
        changed = formulary.set_formulary(by=request.actor, seen_digest=seen, formulary=made)
    except Stale as stale:
        more = {"stale": True, "who": stale.facts.get("who", "")}
        return _show(request, form, made, standing.digest, more, status=409)
    said = _("New plans begin from it. Plans issued before stay as they are.")
    say(
        request,
        _("The formulary was saved") if changed else _("Nothing was changed"),
        said if changed else "",
    )
    return redirect("settings-formulary")


def _country(request: StaffRequest) -> str:
    country = accounts.clinic_card(request.actor).country
    return country if country in COUNTRIES else COUNTRIES[0]


def _show(
    request: StaffRequest,
    form: FormularyForm,
    found: Formulary,
    seen: str,
    more: Context | None = None,
    status: int = 200,
) -> HttpResponse:
    search = str(request.POST.get("find", request.GET.get("q", "")))[:_LONGEST_SEARCH]
    context: Context = {
        "place": "settings",
        "form": form,
        "drugs": stock_rows(found, _country(request), search),
        "search": search,
        "seen": seen,
        "none_set": not found.drugs,
        **(more or {}),
    }
    return page(request, "clinic/settings_formulary.html", context, status=status)
