"""Chores: small steps that can be stopped anywhere and go on after a restart."""
