//! Orders under way, accounts and limits of the certification authorities.
