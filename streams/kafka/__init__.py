"""Kafka as an operator meets it: who we are to it, its topics, and publishing to them.

    settings: what can be set              access: how each client is told
    login: what keeps us out, in words     topics, topic_rules, topic_keys: created, checked, and why
    groups: what a group has committed     publish: events to the topics
    forgetting: requests to forget a user

Reading is the transport's: `streams.transport.kafka`.
"""
