"""The questionnaires as files, one a version; a published version is never edited."""
