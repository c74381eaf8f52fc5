//! Lists of any length: input, progress, resuming.
