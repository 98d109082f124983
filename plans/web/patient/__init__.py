"""Pages of patients: no account, a link from a message, and the year of birth before anything of a plan.

`link_session` exchanges the token of a link for a short session under a clean address; `unknown_link` answers unknown
tokens. `frame` is the layout of every page (whom to call, opening hours), `leaflets` the information about a
medicine.

    GET /c/<token>  →  302 /c/ with a cookie for /c/ alone  →  checkin/: the questions
    GET /p/<token>  →  302 /p/                              →  plan/: the year of birth, then the plan
"""
