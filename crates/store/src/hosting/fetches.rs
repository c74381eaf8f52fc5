//! The log of fetches, in hours.
