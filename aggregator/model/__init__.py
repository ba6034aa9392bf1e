"""Every type that crosses a stage, a file a stage, in flow order.

source -> fetch -> parsed -> article -> identity -> topic -> ledger; `poll` is the record of one visit.
All are frozen values; instants are aware UTC datetimes.
"""
