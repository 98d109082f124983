"""What a pharmacist works with: plans and fills, and what was handed out. No notes, no answers.

/supply                          patients with a running plan, by name, with their next fill
/supply/<patient>                the plan, its fills, and a form that confirms one
/supply/<patient>/sheet          the pharmacy sheet
/supply/<patient>/<id>/undo      withdraw a confirmation made by mistake
"""
