//! Alerts: raised once, told once, cleared once.
