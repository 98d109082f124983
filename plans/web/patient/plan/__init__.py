"""The patient's plan: today's doses and their ticks, the calendar as a page and as a PDF, and as a feed for a phone.

Nothing of it shows before the year of birth (`birth_year`), which a device gives once. `printed` is what a scanned page
is worth.

    @needs_year
    def plan_page(request, link): ...     # link: whose plan, checked
"""
