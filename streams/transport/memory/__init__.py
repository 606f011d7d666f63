"""memory://NAME: the topics within one process, with consumer groups that rebalance as on Kafka.

For development and tests: nothing of the topics is kept when the process ends.
"""

from streams.transport.memory.broker import MemoryBroker, Message, broker_of, fresh_broker
from streams.transport.memory.driver import Transport

__all__ = ["MemoryBroker", "Message", "Transport", "broker_of", "fresh_broker"]
