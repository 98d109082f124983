"""`make screens`: pictures of the pages into var/screens/, from a seeded demo of its own or the one in `--var`.

Those that the documents show are renewed in docs/screens/ as well (`tests/shown.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from taperplan.local.mailbox import Mailbox
from tests import shown
from tests.e2e.people import LEAD, Person
from tests.e2e.running import Running, link_in, open_to_the_servers_user, started
from tests.fixtures.browser import FLAGS, chromium

DESK, PHONE = (1280, 900), (390, 844)
LARGEST = 250_000
TALLEST = 2600
# Somebody half-way with a long history; somebody the queue is alarmed about; somebody without a plan.
LONG, URGENT, NEW = "Quill Testcase", "Bramble Mockford", "Odalys Example"


@dataclass
class Camera:
    """Takes pictures of one person's page."""

    person: Person
    suffix: str = ""

    def take(self, name: str, path: str = "", *, ready: Callable[[Any], None] = lambda _page: None) -> None:
        """Go there, wait until it stands, keep the picture."""
        page = self.person.page
        if path:
            answer = page.goto(path)
            assert answer is None or answer.status < 400, f"{path}: {answer.status}"
        ready(page)
        keep(page.screenshot(full_page=True), f"{name}{self.suffix}")


def keep(png: bytes, name: str) -> None:
    """Write a picture with as few colours as keep it under the largest size."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    if picture.height > TALLEST:
        picture = picture.crop((0, 0, picture.width, TALLEST))
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() < LARGEST:
            break
    shown.keep(name, out.getvalue())
    print(f"{name}.png  {out.tell() // 1000} kB", flush=True)


def link_of(page: Any, name: str | re.Pattern[str]) -> str:
    """The path behind the first link with these words."""
    return str(page.get_by_role("link", name=name).first.get_attribute("href"))


def clinic(browser: Any, demo: Running, *, dark: bool) -> None:
    """The pages of a clinic."""
    person = Person(browser, demo, size=DESK, color_scheme="dark" if dark else "light")
    page = person.page
    camera = Camera(person, "-dark" if dark else "")
    page.goto("/")
    if not dark:
        camera.take("sign-in")
    page.fill("input[name=login]", LEAD)
    page.fill("input[name=password]", demo.password)
    page.keyboard.press("Enter")
    page.wait_for_selector(".status")
    camera.take("caseload", "/")
    long, urgent, new = (link_of(page, name) for name in (LONG, URGENT, NEW))
    camera.take("queue", "/queue")
    page.get_by_role("link", name=URGENT).first.click()
    take = page.get_by_role("button", name=re.compile("Claim this item"))
    if take.count():
        take.click()
        page.wait_for_selector("#act")
    camera.take("item")
    page.goto(long)
    plan = str(page.locator('table a[href^="/plans/"]').first.get_attribute("href"))
    camera.take("plan", plan)
    camera.take("patient-record", long)
    if dark:
        camera.take("rules", "/settings/rules")
        camera.take("check-ins", f"{long}/checkins")
        camera.take("new-patient", "/patients/new", ready=_refuse_patient)
    else:
        by_day(camera, long, urgent, new, plan)
    person.context.close()


def by_day(camera: Camera, long: str, urgent: str, new: str, plan: str) -> None:
    """The pages that are shown by day alone."""
    page, person = camera.person.page, camera.person
    camera.take("patient-record-urgent", urgent)
    camera.take("plan-recent", f"{plan}?window=recent")
    for name in ("scales", "body", "level"):
        camera.take(f"plan-{name}", f"{plan}?lines={name}")
    camera.take("plan-compare", f"{plan}/compare")
    camera.take("plan-day", f"{plan}/day")
    camera.take("visit", f"{plan}/visit")
    camera.take("visit-patient", f"{plan}/visit?for=patient")
    camera.take("check-ins", f"{long}/checkins")
    camera.take("response", link_of(page, re.compile(r"^[A-Z][a-z]{2} \d+ [A-Z][a-z]{2} \d{4}$")))
    camera.take("reviews", f"{long}/reviews")
    for name in ("visits", "edit", "care", "thresholds", "move"):
        camera.take(f"patient-{name}" if name != "visits" else name, f"{long}/{name}")
    camera.take("plan-hold", f"{plan}/change?act=hold")
    camera.take("plan-calendar-page", f"{plan}/calendar")
    camera.take("history", f"{long}/history")
    camera.take("check-in-by-phone", f"{long}/checkin")
    camera.take("new-plan", f"{new}/plan/new", ready=_fill_plan)
    camera.take("new-plan-refused", ready=_refuse)
    camera.take("new-patient", "/patients/new", ready=_refuse_patient)
    camera.take("messages", "/messages")
    camera.take("documents", "/documents")
    camera.take("questions", "/settings/questions")
    camera.take("question-new", "/settings/questions/new")
    camera.take("advice", "/settings/advice/en")
    camera.take("settings", "/settings")
    camera.take("people", "/settings/people")
    camera.take("clinic-history", "/settings/history")
    camera.take("clinic-facts", "/settings/clinic")
    camera.take("signing", "/settings/signing")
    camera.take("defaults", "/settings/defaults")
    camera.take("moves", "/moves")
    camera.take("rules", "/settings/rules")
    page.goto(plan)
    document = str(page.locator('a[href^="/documents/"]').first.get_attribute("href"))
    leaves = pypdfium2.PdfDocument(person.context.request.get(document).body())
    for n in range(2):
        out = io.BytesIO()
        leaves[n].render(scale=1.4).to_pil().save(out, "PNG")
        keep(out.getvalue(), f"calendar-pdf-page-{n + 1}")


def _fill_plan(page: Any) -> None:
    throw = page.get_by_role("button", name="Throw away")
    if throw.count():
        address = page.url
        throw.click()
        page.goto(address)
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.5")
    page.fill("#f-a_night", "1")
    page.wait_for_selector("#h-st")
    for box in page.locator("input[name=products]").all():
        box.set_checked(box.get_attribute("value") in ("clonazepam tablet 0.5 mg", "clonazepam odt 0.125 mg"))
    page.locator("#result td", has_text="two 0.5\u00a0mg tablets").first.wait_for()


def _refuse(page: Any) -> None:
    page.locator("input[name=products][value='clonazepam odt 0.125 mg']").uncheck()
    page.fill("#f-a_morning", "0.625")
    page.wait_for_selector("#refusal")


def _refuse_patient(page: Any) -> None:
    page.fill("#id_name", "Wren Placeholder")
    page.fill("#id_born", "1984-05-17")
    page.locator("main form button.main").first.click()
    page.wait_for_selector(".errors")


def patient(browser: Any, demo: Running, *, dark: bool) -> None:
    """The pages of a patient, on a phone."""
    person = Person(browser, demo, size=PHONE, color_scheme="dark" if dark else "light")
    page = person.page
    camera = Camera(person, "-dark" if dark else "")
    box = LONG.lower().replace(" ", ".") + "@mail.example.org"
    message = demo.messages(box, "calendar")[-1]
    page.goto(link_in(message, "p"))
    camera.take("patient-birth-year")
    page.fill("#fact", born(demo, LONG))
    page.keyboard.press("Enter")
    page.wait_for_url("**/p/")
    page.wait_for_selector("#h-cal")
    camera.take("patient-plan")
    if not dark:
        camera.take("patient-calendar", "/p/calendar")
        camera.take("patient-medicine", "/p/about")
        camera.take("patient-feed", "/p/feed")
        page.goto("/p/")
    page.get_by_role("button", name="Tell us how you are").click()
    page.wait_for_selector("input[name=page]", state="attached")
    camera.take("check-in")
    if not dark:
        page.get_by_role("button", name="Next").click()
        page.wait_for_selector(".errors")
        camera.take("check-in-error")
        crisis(camera)
        camera.take("help", "/help/us/en")
        camera.take("mail-choices", link_in(message, "m"))
        camera.take("document-replaced", code(demo, LONG, replaced=True))
    camera.take("document-current", code(demo, LONG, replaced=False))
    person.context.close()


def crisis(camera: Camera) -> None:
    """What somebody sees who says yes to thoughts of suicide, from the first safety questions on."""
    page = camera.person.page
    for code in ("s_fit", "s_seeing"):
        page.locator(f"input[name={code}][value=no]").check()
    page.locator("button.btn.main").click()
    page.locator("input[name=s_thoughts][value=yes]").check()
    page.locator("button.btn.main").click()
    page.wait_for_selector("text=You are not alone")
    camera.take("check-in-help")


def born(demo: Running, name: str) -> str:
    """The year in which somebody of the demo was born."""
    return demo.manage(
        "shell", "--verbosity", "0", "-c",
        f"from plans.models import Patient; print(Patient.objects.get(name={name!r}).born.year)",
    ).strip()  # fmt: skip


def code(demo: Running, name: str, *, replaced: bool) -> str:
    """Where the square code on somebody's calendar leads."""
    ask = (
        "from plans.models import PlanVersion; from plans.services.links import LinkPurpose, lasting, token_of; "
        f"rows = PlanVersion.objects.filter(plan__patient__name={name!r}, replaced_at__isnull={not replaced}); "
        "one = rows.order_by('number')[0]; "
        "print('/q/' + token_of(lasting(purpose=LinkPurpose.DOCUMENT, patient=one.plan.patient, version=one)))"
    )
    return demo.manage("shell", "--verbosity", "0", "-c", ask).strip()


@contextlib.contextmanager
def demo_of(var: str) -> Iterator[Running]:
    """The demo that runs in a folder, or a fresh one."""
    if var:
        settings = json.loads((Path(var) / "run" / "environment.json").read_text())
        yield Running(settings["SITE_URL"], Path(var))
        return
    with (
        tempfile.TemporaryDirectory(prefix="taperplan-screens-") as folder,
        started(open_to_the_servers_user(Path(folder)) / "var", small=False, say=print) as running,
    ):
        yield running


def main() -> None:
    """All pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--var", default="", help="the folder of a demo that runs already")
    program = chromium()
    if program is None:
        parser.exit(1, "Chromium is needed: apt-get install chromium, or set CHROMIUM\n")
    with demo_of(parser.parse_args().var) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        # Dark first: the last pictures by day leave a check-in half answered.
        for dark in (True, False):
            clinic(browser, demo, dark=dark)
            patient(browser, demo, dark=dark)
        mail(browser, demo)
        browser.close()
        assert demo.not_drawn() == []


def mail(browser: Any, demo: Running) -> None:
    """A message as the demo's mailbox shows it."""
    messages = Mailbox(demo.var / "mail").received()
    newest = next(entry for entry in reversed(messages) if "check-in is ready" in entry.subject)
    message = Mailbox(demo.var / "mail").message(newest)
    body = message.get_body(("html",))
    if body is not None:
        page = browser.new_page(viewport={"width": 600, "height": 500})
        page.set_content(str(body.get_content()))
        keep(page.screenshot(full_page=True), "message")
        page.close()


if __name__ == "__main__":
    main()
