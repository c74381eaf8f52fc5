//! What an administrator does, one file for each operation.
