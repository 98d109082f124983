"""The review queue and the page of an item.

`views` shows, `acts` acts: each act is one POST with one form of `forms`, and a refusal keeps what was typed.
`plan_change` shows what a change of the plan would do; the button names the result, and the service refuses what was
not shown.

    POST /items/<id>/resolve  →  bind("end")  →  services.review.resolve  →  back to the item, or 409 and who was faster
"""
