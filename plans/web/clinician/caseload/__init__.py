"""The first page: every patient of the clinic, by part, search and page.

A service gives the rows; `lines` puts each into words and draws its sparkline of mood.

    case_line(row, today).change     # "3 days", under it "14 Dec"
"""
