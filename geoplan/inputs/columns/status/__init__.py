"""Status cells and dates: whether a site serves people today, in the words that offices use."""

from geoplan.inputs.columns.status.read_status import (
    SENSES,
    StatusReading,
    StatusWords,
    plain_words,
    status_table,
)

__all__ = ["SENSES", "StatusReading", "StatusWords", "plain_words", "status_table"]
