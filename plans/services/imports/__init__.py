"""Importing a caseload from a file: the file kept meanwhile, the dry run, and making what it shows.

The file stands in a row of the database (`CaseloadImport`) and nowhere else: on no disk of ours, in no task and no log.
The row gives it up as soon as the import is finished or discarded, and a day after the upload in any case.

Patients are made by the page, a batch a request, not by a worker: each batch is one transaction that makes the first
patients of the file who are not there yet. So an import that was interrupted goes on by being asked again, from any
browser and without JavaScript, nothing is made twice, and no clinical file waits behind messages in a queue. What is
drawn again for a whole clinic goes through the outbox because drawing takes seconds a document; a batch takes less than
one. All or nothing is one transaction.
"""

from __future__ import annotations

from plans.services.imports.files import (
    ImportFile,
    discard,
    forget,
    import_file,
    set_columns,
    unfinished,
    upload,
)
from plans.services.imports.judging import ImportDryRun, dry_run
from plans.services.imports.making import BATCH, begin, go_on, make_all

__all__ = [
    "BATCH",
    "ImportDryRun",
    "ImportFile",
    "begin",
    "discard",
    "dry_run",
    "forget",
    "go_on",
    "import_file",
    "make_all",
    "set_columns",
    "unfinished",
    "upload",
]
