//! Jobs: what takes time, done once by one of the nodes.
