"""The dose calendar: the plan on the first pages, then its days by month, or by week in large print."""
