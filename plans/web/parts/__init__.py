"""What pages of the clinic and pages of patients are both made of: the calendar, and a page of questions.

calendar_context(schedule, made_on=day, country="GB").months[0].days[0].name     # "Mon 30 Nov"
"""
