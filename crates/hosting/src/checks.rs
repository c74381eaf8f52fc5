//! Checks of hosted domains, daily and after each change.
