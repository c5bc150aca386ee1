"""Where results go: nothing of the user's is replaced, and no result is lost half written.

A run's folder is claimed before the work (`claimed`), written beside its place and exchanged with
the old one in one step. Faults of disks are told in plain words (`told_plainly`).
"""

from geoplan.writing.file_names import file_names, is_within, misread_mark
from geoplan.writing.file_set import write_together
from geoplan.writing.one_file import replaced
from geoplan.writing.own_files import OwnFiles
from geoplan.writing.plain_faults import fault_text, told_plainly
from geoplan.writing.result_folder import Claim, claimed, restored

__all__ = [
    "Claim",
    "OwnFiles",
    "claimed",
    "fault_text",
    "file_names",
    "is_within",
    "misread_mark",
    "replaced",
    "restored",
    "told_plainly",
    "write_together",
]
