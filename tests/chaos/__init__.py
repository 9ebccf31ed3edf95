"""Faults on real processes: what survives them is decided offline, from what each side wrote down."""
