"""What the product costs, measured beside the best that is known for the same work: `python -m tests.bench`.

`data` draws the sheets, `figures` says what is measured against what, `measure` runs and watches processes,
`page` writes docs/benchmarks.md. The baselines (`baselines`) run in an environment of their own
(`environment`): they bring pyarrow, with which pandas would do something else in ours, too.
"""
