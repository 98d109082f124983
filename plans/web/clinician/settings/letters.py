"""The clinic's letter templates: the list, and keeping, changing or removing one."""

from __future__ import annotations

from functools import partial

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plans.domain.errors import NotFound, Refused, Stale
from plans.domain.letters import TEXT_MOST, LetterTemplate, LetterTo
from plans.domain.text import clean_line, clean_text
from plans.services import letters
from plans.services.actors import May
from plans.web.forms import EdgeForm, ParsedField, choices, single
from plans.web.gate import StaffRequest, staff_page
from plans.web.layout_context import page, say
from plans.wording.letters import FIELDS, LETTER_TO, letter_refusal


class TemplateForm(EdgeForm):
    """A template of a letter."""

    name = ParsedField(partial(clean_line, most=80), label=gettext_lazy("Name"))
    to = forms.ChoiceField(label=gettext_lazy("To"), choices=choices(LETTER_TO))
    subject = ParsedField(partial(clean_line, most=200), label=gettext_lazy("Subject"))
    text = ParsedField(
        partial(clean_text, most=TEXT_MOST), label=gettext_lazy("Text"),
        help_text=gettext_lazy("Fields in braces are filled in from the record and the plan."),
        widget=forms.Textarea(attrs={"rows": 14}),
    )  # fmt: skip

    def template(self) -> LetterTemplate:
        """The template that was typed."""
        data = self.cleaned_data
        return LetterTemplate(data["name"], LetterTo(data["to"]), data["subject"], data["text"])


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(May.MANAGE)
def letters_page(request: StaffRequest) -> HttpResponse:
    """List the templates; `change` in the address opens one. A post keeps or removes one."""
    if request.method == "POST":
        do, _sep, name = single(request.POST, "do").partition("|")
        return _remove(request, name) if do == "remove" else _keep(request)
    chosen = request.GET.get("change", "")
    found = next((one for one in letters.templates(request.actor) if one.name == chosen), None)
    if found is None:
        return _show(request, TemplateForm())
    initial = {"name": found.name, "to": found.to.value, "subject": found.subject, "text": found.text}
    return _show(request, TemplateForm(initial=initial), found.name)


def _remove(request: StaffRequest, name: str) -> HttpResponse:
    try:
        letters.remove_template(by=request.actor, name=name)
        say(request, _("The template “{name}” was removed. Letters made from it stay.").format(name=name))
    except NotFound:
        say(request, _("This template was removed meanwhile."))
    return redirect("settings-letters")


def _keep(request: StaffRequest) -> HttpResponse:
    form, instead_of = TemplateForm(request.POST), single(request.POST, "instead_of")
    if form.is_valid():
        try:
            letters.keep_template(by=request.actor, template=form.template(), instead_of=instead_of)
        except Refused as refusal:
            form.refuse(refusal, letter_refusal(refusal))
        except Stale:
            form.add_error(
                None, _("This template was removed meanwhile. Kept under its name, it is a new one.")
            )
            instead_of = ""
        else:
            name = form.cleaned_data["name"]
            say(request, _("The template “{name}” is kept.").format(name=name))
            return redirect("settings-letters")
    return _show(request, form, instead_of, 422)


def _show(request: StaffRequest, form: TemplateForm, instead_of: str = "", status: int = 200) -> HttpResponse:
    context = {
        "place": "settings",
        "templates": [(one, LETTER_TO[one.to.value]) for one in letters.templates(request.actor)],
        "form": form,
        "instead_of": instead_of,
        "fields": list(FIELDS.items()),
    }
    return page(request, "clinic/settings_letters.html", context, status)
