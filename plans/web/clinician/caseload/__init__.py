"""The first page: every patient of the clinic, by part, search and page.

A service gives rows; `lines` puts each into words and `sparkline` draws its mood.

    case_line(row, today).change     # "3 days", under it "14 Dec"
"""
