"""What an access link allows, compared with a table written by hand: every purpose, origin, strength, state and act."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from itertools import product
from pathlib import Path

from plans.domain.link_policy import (
    RULES,
    LinkAccess,
    LinkAct,
    LinkState,
    LinkStrength,
    Origin,
    allows,
    every_access,
    needs_fact,
)
from plans.domain.links import LIFETIMES, LinkPurpose

TABLE = tomllib.loads(Path(__file__).with_name("link_policy.toml").read_text(encoding="utf-8"))
MORE = {
    "own": (Origin.MESSAGE, Origin.PLAN_PAGE),
    "any": tuple(LinkStrength),
    "fact": (LinkStrength.FACT, LinkStrength.DEVICE),
}


def written() -> set[tuple[LinkAccess, LinkAct]]:
    found = set()
    for purpose, lines in TABLE.items():
        for where, acts in lines.items():
            origin, strength, state = where.split()
            origins, strengths = MORE.get(origin) or (origin,), MORE.get(strength) or (strength,)
            for one, other, act in product(origins, strengths, acts.split()):
                access = LinkAccess(LinkPurpose(purpose), Origin(one), LinkStrength(other), LinkState(state))
                found.add((access, LinkAct(act)))
    return found


def test_every_cell_is_as_written() -> None:
    allowed = {(access, act) for access in every_access() for act in LinkAct if allows(access, act)}
    assert allowed == written()


def test_the_table_says_something_of_every_purpose_and_every_act_is_allowed_somewhere() -> None:
    assert set(TABLE) == {purpose.value for purpose in LinkPurpose} == {one.value for one in LIFETIMES}
    assert {act for _access, act in written()} == set(LinkAct)


def test_paper_alone_shows_no_more_than_whether_it_is_current() -> None:
    for purpose in (LinkPurpose.DOCUMENT, LinkPurpose.PHARMACY):
        for state in LinkState:
            access = LinkAccess(purpose, Origin.PAPER, LinkStrength.LINK, state)
            assert {act for act in LinkAct if allows(access, act)} <= {LinkAct.STATUS, LinkAct.TO_PLAN}


def test_nothing_that_came_from_paper_ever_shows_what_was_answered_or_changes_a_choice() -> None:
    never = {
        LinkAct.OWN_ANSWERS,
        LinkAct.MARK,
        LinkAct.MAKE_LINK,
        LinkAct.DEVICES,
        LinkAct.PREFERENCES,
        LinkAct.TO_PREFERENCES,
        LinkAct.STOP,
    }
    for access in every_access():
        if access.origin is Origin.PAPER:
            assert not {act for act in never if allows(access, act)}


def test_no_dose_and_no_earlier_answer_is_shown_with_a_link_alone() -> None:
    for access in every_access():
        if access.strength is LinkStrength.LINK and access.origin is not Origin.STAFF:
            assert not allows(access, LinkAct.OWN_ANSWERS)
            # The patient made this address to be read by a program that can give nothing more.
            assert not allows(access, LinkAct.DOSE) or access.purpose is LinkPurpose.FEED_DOSES


def test_a_revoked_link_does_nothing_and_an_expired_one_still_takes_an_answer() -> None:
    for access in every_access():
        if access.state is LinkState.REVOKED:
            assert {act for act in LinkAct if allows(access, act)} <= {LinkAct.STATUS}
    late = LinkAccess(LinkPurpose.CHECKIN, Origin.MESSAGE, LinkStrength.LINK, LinkState.EXPIRED)
    assert allows(late, LinkAct.ANSWER)
    assert allows(replace(late, state=LinkState.OUT_OF_CARE), LinkAct.ANSWER)


def test_the_second_fact_is_asked_for_only_where_it_helps() -> None:
    alone = LinkAccess(LinkPurpose.PLAN, Origin.PAPER, LinkStrength.LINK)
    assert needs_fact(alone, LinkAct.DOSE)
    assert not needs_fact(alone, LinkAct.DEVICES)
    assert not needs_fact(replace(alone, state=LinkState.EXPIRED), LinkAct.DOSE)
    assert not needs_fact(replace(alone, strength=LinkStrength.FACT), LinkAct.DOSE)


def test_every_rule_is_needed() -> None:
    for left_out in RULES:
        rest = [rule for rule in RULES if rule is not left_out]
        cells = ((access, act) for access in every_access() for act in LinkAct)
        assert any(left_out.covers(*cell) and not any(rule.covers(*cell) for rule in rest) for cell in cells)


def test_a_link_that_a_message_carries_has_a_third_of_its_life_left() -> None:
    for life in LIFETIMES.values():
        assert life.renewed == life.lasts or life.lasts - life.renewed >= life.lasts / 3
