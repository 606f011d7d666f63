"""Forgetting a person: who asked for it, and what a batch holds of them.

A request names the user until everything of the user is removed. What stays of it is a hash, by which later records
of the user are known and left out.

    requests: what lies in the topic of requests        left_out: records of forgotten users in a batch
    letters: whose a dead letter is
"""
