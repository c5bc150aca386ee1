"""What was doubted about the inputs: findings, their collector, the findings workbook."""
