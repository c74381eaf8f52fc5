//! Checks of hosted domains, with history.
