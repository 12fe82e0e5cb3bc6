"""A folder of submissions becomes marks, feedback and insight: `torch-judge grade`, `report` and `export`."""
