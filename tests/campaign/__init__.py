"""The fault campaign: seeded schedules of commands, faults and crashes, and a judge of its own.

    python -m tests.campaign            the short form, as in CI
    python -m tests.campaign --long     at least 10,000 distinct schedules
    python -m tests.campaign --planted  the short form must catch every bug in `planted/`
    python -m tests.campaign --long --planted       all figures from one command
    python -m tests.campaign --seed 1 --replay 42   one schedule, told step by step

The long form may be played in pieces, each of which goes on where it was broken off, and counts them all:

    python -m tests.campaign --long --log long.jsonl --go-on                       as far as it comes
    python -m tests.campaign --first 2000 --schedules 4000 --log 2.jsonl --go-on   those from 2,000 to 3,999

`draw` makes schedules from a seed, `office` carries them out with the real commands in processes of their own
against a provider in another, `judge` reads what the provider's book and the results sheets say. The judge
imports nothing of the program.
"""
