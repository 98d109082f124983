"""Words: codes and facts go in, a sentence in the reader's language comes out.

One row of words stands beside the others of its kind (`WORDS` in `flags`, `audit`, `lanes`, `dangers`), keyed by the
code its spec has in the domain; a test walks all specs and names the row that is missing. Doses are written the safe
way, by `doses` alone: 0.5 mg, never .5 or 5.0.

    audit.act_words("plan.held", {"days": 14, "from_day": "2026-11-23"})
    # "held the plan for 14 days from 23 November 2026"
"""
