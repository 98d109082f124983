"""Parts shared by pages of clinics and of patients: the calendar, and a page of questions.

calendar_context(schedule, made_on=day, country="GB").months[0].days[0].name     # "Mon 30 Nov"
"""
