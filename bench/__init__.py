"""Measurements, as ratios to ceilings that are taken in the same run. See docs/performance.md.

python -m bench            the accept case, about two minutes
python -m bench --quick    the same in a few seconds: shows that it works, its figures mean little
python -m bench --page     write docs/performance.md from the newest results

Needs Linux: CPU time and the load of the machine are read from /proc.
"""
