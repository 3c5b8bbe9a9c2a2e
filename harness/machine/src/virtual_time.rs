//! The virtual-time driver: several nodes in one process, on a network that is only a queue.
