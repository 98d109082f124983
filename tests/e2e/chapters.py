"""The chapters of the story: what each person does in the browser, and what they must see."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

from pypdf import PdfReader

from tests.e2e.people import LEAD, SECOND, Person
from tests.e2e.running import Running, link_in, text_of, wait_for

MAIL = "wren.story@mail.example.org"
BORN = date(1984, 5, 17)
HEALTH_WORDS = re.compile(
    r"dos(e|age)|taper|clonazepam|benzo|drug|medic|withdraw|suicid|score|diagnos|symptom|wren|story",
    re.IGNORECASE,
)
PHONE = (390, 844)


def add_the_patient(clinician: Person, today: date) -> None:
    page = clinician.look("/")
    clinician.sees("Demo: the clock has been moved")
    clinician.follow(page.get_by_role("link", name="New patient").first)
    clinician.look()
    clinician.follow(page.get_by_role("button", name=re.compile("Add|Save")).first)
    page.wait_for_selector(".errors")
    clinician.look()
    page.click("summary:has-text('Ask the rest now')")
    for field, text in {
        "name": "Wren Story",
        "preferred_name": "Wren",
        "record_no": "TP-90001",
        "born": BORN.isoformat(),
        "email": MAIL,
        "email_again": MAIL,
        "phone": "555-0142",
        "contact_when": "after 4 pm",
        "checkin_time": "10:00",
        "person_name": "Bryony Story",
        "person_relation": "sister",
        "person_phone": "555-0143",
        "crisis_plan": "Calls her sister first.",
        "pharmacy": "Invented Row Pharmacy, 555-0177",
        "duration_months": "60",
        "consent_on": today.isoformat(),
        "zone": "new york",
    }.items():
        page.fill(f"#id_{field}", text)
    for box in page.locator("input[name=to_ask]").all():
        box.uncheck()
    page.check("#id_contact_how_0")
    page.check("input[name=substances][value=alcohol]")
    page.check("input[name=conditions][value=sleep_apnoea]")
    for field, value in {
        "country": "US",
        "checkin_weekday": str(today.weekday()),
        "indication": "panic",
    }.items():
        page.select_option(f"#id_{field}", value)
    page.select_option("#id_may_be_told", index=1)
    page.select_option("#id_consent_version", index=1)
    clinician.follow(page.get_by_role("button", name=re.compile("Add|Save")).first)
    page.wait_for_url(re.compile(r"/patients/[0-9a-f-]{36}$"))
    clinician.sees("The e-mail address is not confirmed yet")
    clinician.look()


def confirm_the_address(demo: Running, phone: Person) -> None:
    message = demo.message(MAIL, "confirm")
    assert not HEALTH_WORDS.search(str(message["Subject"]))
    phone.look(link_in(message, "y"))
    assert phone.page.url.endswith("/y/")
    phone.follow(phone.page.get_by_role("button", name="Yes, this is my address"))
    phone.sees("Your address is confirmed")
    phone.look()


def make_the_plan(clinician: Person, today: date) -> str:
    page = clinician.page
    page.reload()
    clinician.does_not_see("The e-mail address is not confirmed yet")
    clinician.follow(page.get_by_role("link", name=re.compile("New plan")))
    page.select_option("#f-drug_a", "clonazepam")
    page.fill("#f-a_morning", "0.625")
    page.fill("#f-a_night", "1")
    page.fill("#f-start", today.isoformat())
    page.select_option("#f-method", "percent_of_current")
    page.fill("#f-percent", "10")
    page.fill("#f-interval", "14")
    page.wait_for_selector("input[name=products]")
    for box in page.locator("input[name=products]").all():
        box.set_checked(box.get_attribute("value") == "clonazepam tablet 0.5 mg")
    page.wait_for_selector("#refusal")
    clinician.sees("Nothing was rounded for you.")
    for nearest in ("0.5 mg", "0.75 mg"):
        page.locator("#refusal", has_text=nearest.replace(" ", "\u00a0")).wait_for()
    clinician.look()
    page.locator("input[name=products][value='clonazepam odt 0.125 mg']").check()
    page.wait_for_selector("#h-st")
    page.fill("#f-a_morning", "0.5")
    clinician.sees("1.375 mg")
    clinician.look()
    clinician.follow(page.get_by_role("button", name=re.compile("Issue plan")))
    page.wait_for_selector(".errors")
    clinician.look()
    for reason in page.locator("textarea[name^=reason_]").all():
        reason.fill("Agreed with the patient; we speak every week.")
    for box in page.locator("input[name=signed], input[name=confirmed]").all():
        box.check()
    clinician.follow(page.get_by_role("button", name=re.compile("Issue plan")))
    clinician.sees("Version 1 is issued")
    return str(page.url).split("#")[0].split("?")[0]


def take_the_document(demo: Running, clinician: Person) -> str:
    """The calendar becomes a download on the open page; the address behind the square code printed on it."""
    page = clinician.page
    page.evaluate("window.notReloaded = true")
    document = page.wait_for_selector('a[href^="/documents/"]', timeout=60_000)
    assert page.evaluate("window.notReloaded") is True
    clinician.look()
    pdf = clinician.context.request.get(document.get_attribute("href"))
    assert pdf.body().startswith(b"%PDF")
    text = "\n".join(leaf.extract_text() for leaf in PdfReader(io.BytesIO(pdf.body())).pages).replace(
        "\u00a0", " "
    )
    for said in ("Wren Story", "0.5 mg", "1 mg", "555-0100"):
        assert said in text
    return code_on_paper(demo, 1)


def code_on_paper(demo: Running, version: int) -> str:
    """Where the square code of a version's pages leads (that it is drawn so is shown beside the pages)."""
    ask = (
        "from plans.models import Link; from plans.services.links import token_of; "
        f"print('/q/' + token_of(Link.objects.get(purpose='document', version__number={version})))"
    )
    return demo.manage("shell", "--verbosity", "0", "-c", ask).strip()


def read_the_plan(demo: Running, phone: Person, today: date) -> None:
    message = demo.message(MAIL, "calendar is ready")
    assert not HEALTH_WORDS.search(str(message["Subject"]))
    page = phone.look(link_in(message, "p"))
    assert page.url.endswith("/p/")
    phone.does_not_see(" mg")
    for year in ("1985", str(BORN.year)):
        page.fill("#fact", year)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        phone.sees("That is not the year" if year == "1985" else "For today")
        phone.look()
    phone.sees("Morning")
    assert re.search(r"0\.5 mg.*1 mg", phone.words(), re.DOTALL)
    change = today + timedelta(days=14)
    phone.sees(f"{change:%A} {change.day} {change:%B}")
    phone.follow(page.get_by_role("link", name="Open my calendar"))
    phone.look()
    phone.sees(f"{today:%a} {today.day} {today:%b}")
    pdf = phone.context.request.get("/p/calendar.pdf")
    assert pdf.body().startswith(b"%PDF")
    dark = phone.context.browser.new_context(
        base_url=demo.base,
        color_scheme="dark",
        viewport={"width": 390, "height": 844},
        storage_state=phone.context.storage_state(),
    )
    page = dark.new_page()
    page.goto("/p/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    dark.close()


def answer_the_first_check_in(demo: Running, phone: Person, browser: Any) -> None:
    """The safety questions by keyboard and with JavaScript, the rest by tapping in a browser without it."""
    message = demo.message(MAIL, "check-in is ready")
    assert not HEALTH_WORDS.search(str(message["Subject"]))
    page = phone.look(link_in(message, "c"))
    assert page.url.endswith("/c/")
    for code in ("s_fit-0", "s_seeing-0"):
        page.locator(f"#{code}").focus()
        page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url("**page=safety_b*")
    page.locator("#s_thoughts-1").focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    phone.sees("You are not alone")
    phone.look()
    assert page.get_by_role("link", name="Call 988").get_attribute("href") == "tel:988"
    phone.sees("We have told your care team")
    # Saved, flagged and alerted before this page was shown: it stands in the database already.
    rest = Person(browser, demo, size=PHONE, java_script_enabled=False)
    plain = rest.page
    plain.goto(link_in(message, "c"))
    for _turn in range(60):
        if plain.locator("input[name=page]").count() == 0:
            go_on = plain.get_by_role("link", name=re.compile("Go on|next question", re.IGNORECASE))
            if go_on.count() == 0:
                break
            with plain.expect_navigation():
                go_on.first.click()
            continue
        for group in plain.locator("fieldset").all():
            several_days = "better off dead" in group.inner_text()
            group.locator("label").nth(1 if several_days else 0).click()
        for choice in plain.locator("select").all():
            choice.select_option(index=1)
        for box in plain.locator("input[type=number]").all():
            box.fill("0")
        rest.look_narrow()
        with plain.expect_navigation():
            plain.locator("button.btn.main").click()
    assert "Thank you" in rest.words(), rest.words()
    rest.close()


def alert_the_clinic(demo: Running) -> None:
    message = demo.message(LEAD, "", number=1)
    for said in (str(message["Subject"]), text_of(message)):
        without_name = said.replace("Taperplan", "")
        assert not HEALTH_WORDS.search(without_name), said
    assert demo.messages(SECOND) == []
    demo.move("+31m")
    assert not HEALTH_WORDS.search(text_of(demo.message(SECOND, "")).replace("Taperplan", ""))


def hold_the_plan(clinician: Person) -> None:
    page = clinician.look("/queue")
    clinician.follow(page.get_by_role("link", name="Wren Story").first)
    clinician.look()
    clinician.follow(page.get_by_role("button", name=re.compile("Claim this item")))
    page.wait_for_selector("#act")
    clinician.look()
    clinician.sees("have you thought about hurting yourself or ending your life?")
    clinician.sees("Thoughts that you would be better off dead")
    page.locator("#act input[value=hold]").check()
    page.fill("#id_act-days", "14")
    until = page.get_by_role("button", name=re.compile("^Hold"))
    until.wait_for()
    page.locator("#act textarea").fill("Worse than expected; we wait and speak on Thursday.")
    clinician.follow(until)
    clinician.sees("Version 2 issued")
    clinician.look()
    page.locator("#end select, #end input[type=radio]").first.wait_for()


def see_the_new_version(demo: Running, clinician: Person, phone: Person, plan: str, document: str) -> None:
    page = clinician.look(plan)
    clinician.sees("Replaced")
    page.wait_for_selector('a[href^="/documents/"]', timeout=60_000)
    # Neither today nor tomorrow changes: the patient is told within the hour.
    assert demo.messages(MAIL, "calendar has changed") == []
    demo.move("+61m")
    message = demo.message(MAIL, "calendar has changed")
    assert not HEALTH_WORDS.search(str(message["Subject"]))
    phone.page.goto(link_in(message, "p"))
    phone.sees("Your dose stays the same for now")
    phone.sees("Calendar number 2")
    phone.look()
    phone.look(document)
    phone.sees("REPLACED ON")
    phone.does_not_see(" mg")
    wait_for(
        lambda: phone.context.request.get("/p/calendar.pdf").body().startswith(b"%PDF"), "the new calendar"
    )
    phone.look(code_on_paper(demo, 2))
    phone.sees("CURRENT")


def read_the_history(clinician: Person) -> None:
    page = clinician.look("/")
    clinician.follow(page.get_by_role("link", name="Wren Story").first)
    clinician.follow(page.get_by_role("link", name="History", exact=True))
    clinician.look()
    said = clinician.words()
    for act in (
        "added the patient",
        "issued",
        "gave the code or the year of birth",
        "gave a wrong code or year of birth",
        "message with the plan",
        "check-in invitation",
        "opened a review item",
        "escalated the item",
        "claimed the item",
        "held the plan for 14 days",
        "message about the changed plan",
    ):
        assert act in said, act
