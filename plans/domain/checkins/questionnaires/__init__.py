"""The questionnaires as files, one per version; a published version is never edited."""
