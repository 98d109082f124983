"""The patient's plan: today's doses and their ticks, the calendar as a page and as a PDF, and as a feed for a phone.

Nothing of it is shown before the year of birth (`birth_year`), asked once on each device. `printed` says whether a
printed page is current.

    @needs_year
    def plan_page(request, link): ...     # link: whose plan, checked
"""
