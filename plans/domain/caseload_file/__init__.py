"""A caseload as a file of rows: patients, what they take now, and running plans as steps.

`table` reads the file, `columns` says what a column may hold and guesses it from the headings, `values` reads single
cells, and `patients` puts the rows of each patient together. Nothing is read where two readings are possible: the row
is refused with its line and what to do.
"""
