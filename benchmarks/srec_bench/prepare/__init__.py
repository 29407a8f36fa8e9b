"""``srec bench prepare``: preparation at any size, beside the one group-by that is always necessary."""
