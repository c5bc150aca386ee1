from .write import report_begun as report_begun, write_report as write_report
