"""What was typed is put back into the forms of a page, and nothing else of the page changes."""

from __future__ import annotations

from plans.web.form_filling import fill

PAGE = """<!DOCTYPE html>
<html><body><main class="page" id="main">
<form method="get" action="/find"><input name="note" value="no"></form>
<form method="post" action="/items/1/note">
<input type="hidden" name="csrfmiddlewaretoken" value="fresh"><input type="hidden" name="lock" value="4">
<details class="fold"><summary>More</summary>
<textarea name="note" rows="3">
as it stood &amp; stays</textarea></details>
<input name="day" value="1"><input name="dose" value=""><input name="dose" value="">
<label><input type="checkbox" name="tick" value="a" checked> a &mdash; b</label>
<input type="checkbox" name="tick" value="b"><input type="password" name="note2" value="">
<select name="who"><option value="">-</option><option value="x" selected>X</option><option value="y">Y</option></select>
<button name="do" value="send">Send</button>
</form>
<form method="post"><input name="name" value=""></form>
<p>&copy; 2 &lt; 3 &#233;</p></main></body></html>"""


def whole(page: str, path: str, **fields: list[str]) -> tuple[str, frozenset[str]]:
    """The page with one form filled, and what has no place in it."""
    found = fill(page, "/items/1", [(path, fields)])
    return found.before + found.after, found.missed[0]


def test_each_kind_of_field_gets_back_what_was_typed() -> None:
    page, missed = whole(
        PAGE, "/items/1/note",
        note=["a <b> & \"c\"\nd"], day=["31"], dose=["1", "2"], tick=["b"], who=["y"], lock=["3"], do=["send"],
        csrfmiddlewaretoken=["old"],
    )  # fmt: skip
    assert '<textarea name="note" rows="3">\na &lt;b&gt; &amp; &quot;c&quot;\nd</textarea>' in page
    assert '<input name="day" value="31"><input name="dose" value="1"><input name="dose" value="2">' in page
    assert '<input type="checkbox" name="tick" value="a"> a' in page
    assert '<input type="checkbox" name="tick" value="b" checked>' in page
    assert '<option value="x">X</option><option value="y" selected>Y' in page
    assert '<input type="hidden" name="lock" value="3">' in page
    assert 'name="csrfmiddlewaretoken" value="fresh"' in page
    assert '<input name="note" value="no">' in page
    assert missed == {"do", "csrfmiddlewaretoken"}


def test_the_fold_around_it_is_opened() -> None:
    page, _missed = whole(PAGE, "/items/1/note", note=["x"])
    assert '<details class="fold" open>' in page
    page, _missed = whole(PAGE, "/items/1/note", day=["3"])
    assert '<details class="fold">' in page


def test_a_page_without_the_form_stays_as_it_is_and_says_what_it_missed() -> None:
    page, missed = whole(PAGE, "/items/2/note", note=["x"], day=["2"])
    assert page == PAGE
    assert missed == {"note", "day"}


def test_a_form_without_an_address_is_the_pages_own() -> None:
    page, missed = whole(PAGE, "/items/1", name=["Quill"])
    assert '<form method="post"><input name="name" value="Quill"></form>' in page
    assert missed == frozenset()


def test_of_two_forms_with_one_address_the_one_that_was_sent_is_filled() -> None:
    two = (
        '<main><form method="post"><input type="hidden" name="do" value="a"><input name="x" value=""></form>'
        '<form method="post"><input type="hidden" name="do" value="b"><input name="x" value=""></form></main>'
    )
    page, _missed = whole(two, "/items/1", do=["b"], x=["typed"])
    assert page.index("typed") > page.index('value="b"')
    assert page.count("typed") == 1


def test_a_choice_that_is_gone_is_missed_and_a_password_is_never_filled() -> None:
    page, missed = whole(PAGE, "/items/1/note", who=["gone"], note2=["secret"])
    assert "gone" not in page
    assert "secret" not in page
    assert missed == {"who", "note2"}
