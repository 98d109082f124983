"""Documents as PDF files: the calendar, the pharmacy sheet and the visit summary, drawn from facts and read back."""
