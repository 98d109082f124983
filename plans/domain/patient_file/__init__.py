"""A patient as a file for another installation: record, plans with every version, answers, history and documents.

`archive` packs and unpacks the zip within its limits, `signature` says whether it was changed and who can have made it,
and `record` reads what it holds. A file that was changed, or that says what cannot be, is refused whole.
"""
