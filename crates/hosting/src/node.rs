//! A node: follows the database, keeps what it serves in memory, and says that it lives.
